"""The shipped profiles, one TOML file each; see `exchange.profile`. Copy one into your folder `profiles` and edit it."""
