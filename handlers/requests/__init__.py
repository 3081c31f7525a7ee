"""Requests (yêu cầu chứng thực): what a conversation asks the managing body to file."""
