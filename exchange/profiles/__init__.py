"""The shipped profiles, one TOML file each. Copy one into your folder `profiles` and edit it."""
