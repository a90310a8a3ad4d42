"""What a fleet of workers does under load: a simulation fed with measured task times."""
