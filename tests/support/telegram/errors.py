"""Errors as the Bot API returns them.

``ApiError`` is the only class; code, text and parameters differ.
"""

from typing import Any


class ApiError(Exception):
    """``{"ok": false, "error_code": ..., "description": ..., "parameters": ...}``."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    """https://core.telegram.org/bots/api#responseparameters"""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
