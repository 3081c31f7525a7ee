"""Make up a province for trying, teaching and measuring.

Every name in it contains "Mẫu" (sample), and no real person is behind it.
"""
