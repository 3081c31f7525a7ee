"""Requests (yêu cầu chứng thực), which officers register here for their managing body to file."""
