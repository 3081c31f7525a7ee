"""The admins' side: who may do what, the request list, its export, the picture."""
