"""One async function for each thing that is asked of the gateway, grouped by what it is about."""
