/** Names for texts that are only looked at. */

/** Texts of which a language server asks the addresses that they name, whatever the scheme of their document is. */
const ASKS = /\.(?:json[5cl]?|jsonld|geojson|webmanifest|code-[a-z]+|ya?ml|toml|xml|xsd|xsl|xslt|xhtml|svg|rng|dtd|wsdl|plist|[a-z]*proj)$/i;

/**
 * Returns the path under which a text is shown that nobody has accepted yet. A schema may be an address with what the model
 * has read in it, and looking at a proposal must not ask for it: such a text is shown without the language of its name.
 */
export function quiet(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return ASKS.test(name) || /^\.[^.]+$/.test(name) ? `${path}.proposed` : path;
}
