"""Other companies and protocols, one module each; vendor SDKs live only here."""
