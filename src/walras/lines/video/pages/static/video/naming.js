// Topics as the person reads them: of one that stands there in two scripts, the one of the page's language.

const own = document.documentElement.lang.split("-")[0];

/** The same list without what it says twice. */
export function once(topics) {
  const read = new Set(topics.filter((topic) => topic.language === own).map((topic) => topic.id));
  return topics.filter((topic) => read.has(topic.id) || !topic.same?.some((id) => read.has(id)));
}
