/**
 * The way into the page with the player alone.
 *
 * The API writes that page and knows this file by its name, which has no hash. Whatever has one, and
 * all styles, comes with what is imported here.
 */
void import("./start");

export {};
