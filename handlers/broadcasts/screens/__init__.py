"""The screens on which a broadcast is written, checked, approved and watched."""
