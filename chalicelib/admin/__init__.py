"""What admins do: people, places, lunches, rules, and the record of every act."""
