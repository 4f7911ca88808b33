"""Which incidents are one alert: cameras of a kitchen that see the same thing, a school without power. Pure."""
