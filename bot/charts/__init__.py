"""Draw charts as PNG files; matplotlib, an optional dependency, is loaded with the first chart."""
