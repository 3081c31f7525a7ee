"""The one web server of a process: pages and links for people, webhooks for platforms, figures for whoever watches."""
