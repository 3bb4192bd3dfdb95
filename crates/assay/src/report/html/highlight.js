'use strict';

// Code in colours. What is read is the text that a page shows already; a piece of it gets
// an element around it and stays what it was, so that nothing here makes markup of a text.
//
// Every pattern matches whatever follows its first characters, to the end of the line or
// of the text if need be, and never looks back: the time is linear in what somebody who
// means harm has written.

const highlight = (() => {
  const words = (text) => new Set(text.split(' '));

  /** Nothing follows. */
  const END = '(?![\\s\\S])';
  const LINE_COMMENT = '\\/\\/[^\\n]*';
  const BLOCK_COMMENT = `\\/\\*[\\s\\S]*?(?:\\*\\/|${END})`;
  const NAME = '[\\p{L}_$][\\p{L}\\p{N}_$]*';
  const NUMBER = '(?:0[xXbBoO][\\da-fA-F_]+|\\d[\\d_]*(?:\\.[\\d_]+)?(?:[eE][+-]?\\d+)?)\\p{L}*';

  /** A text in quotes that ends with its line at the latest. */
  const quoted = (quote) => `${quote}[^${quote}\\\\\\n]*(?:\\\\[\\s\\S]?[^${quote}\\\\\\n]*)*${quote}?`;

  /** A text in quotes that may have several lines. */
  const spanning = (quote) => `${quote}(?:[^\\\\]|\\\\[\\s\\S]?)*?(?:${quote}|${END})`;

  const pattern = ({ comment = [], meta = [], string = [], keyword = [] }) => {
    const kinds = { comment, meta, string, keyword, number: [NUMBER], name: [NAME] };
    const parts = Object.entries(kinds).filter(([, patterns]) => patterns.length > 0);
    return new RegExp(parts.map(([kind, patterns]) => `(?<${kind}>${patterns.join('|')})`).join('|'), 'gmu');
  };

  const language = (patterns, keywords = '', constants = '') => ({
    pattern: pattern(patterns),
    keywords: words(keywords),
    constants: words(constants),
  });

  const C_COMMENTS = [LINE_COMMENT, BLOCK_COMMENT];
  const PYTHON_STRINGS = ['"""', "'''"].map(spanning).concat(['"', "'"].map(quoted));

  const c = language(
    {
      comment: C_COMMENTS,
      meta: ['^[ \\t]*#[ \\t]*\\w+(?:[ \\t]*<[^>\\n]*>?)?'],
      string: [quoted('"'), quoted("'")],
    },
    'auto bool break case char class const continue default delete do double else enum extern float for goto if inline int long namespace new private protected public register restrict return short signed sizeof static struct switch template this throw try catch typedef typename union unsigned using virtual void volatile while int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t ssize_t',
    'NULL true false nullptr EOF',
  );
  const go = language(
    { comment: C_COMMENTS, string: [quoted('"'), quoted("'"), '`[^`]*`?'] },
    'any bool break byte case chan complex64 complex128 const continue default defer else error fallthrough float32 float64 for func go goto if import int int8 int16 int32 int64 interface map package range return rune select string struct switch type uint uint8 uint16 uint32 uint64 uintptr var',
    'nil true false iota',
  );
  const java = language(
    { comment: C_COMMENTS, meta: [`@${NAME}`], string: [spanning('"""'), quoted('"'), quoted("'")] },
    'abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally float for goto if implements import instanceof int interface long native new package private protected public record return sealed short static strictfp super switch synchronized this throw throws transient try var void volatile while yield',
    'null true false',
  );
  const javascript = language(
    {
      comment: C_COMMENTS,
      // A slash after an operator begins an expression, after a value it divides.
      string: [
        quoted('"'),
        quoted("'"),
        spanning('`'),
        '\\/(?<=[=(,:!&|?{};[][ ]{0,3}\\/)(?:[^\\\\\\/\\n[]|\\\\[^\\n]?|\\[(?:[^\\]\\\\\\n]|\\\\[^\\n]?)*\\]?)*\\/?[a-z]*',
      ],
    },
    'as async await break case catch class const continue debugger default delete do else enum export extends finally for from function if implements import in instanceof interface let new of private protected public return set static super switch this throw try typeof var void while with yield',
    'null undefined true false NaN Infinity',
  );
  const python = language(
    {
      comment: ['#[^\\n]*'],
      meta: [`^[ \\t]*@${NAME}(?:\\.${NAME})*`],
      string: PYTHON_STRINGS.map((string) => `(?<![\\p{L}\\p{N}_])[rRbBfFuU]{1,2}${string}|${string}`),
    },
    'and as assert async await break case class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield self cls',
    'None True False NotImplemented Ellipsis',
  );
  const ruby = language(
    {
      comment: ['#[^\\n]*', `^=begin\\b[\\s\\S]*?(?:^=end\\b|${END})`],
      string: [quoted('"'), quoted("'"), quoted('`'), ':[\\p{L}_][\\p{L}\\p{N}_]*[?!]?'],
    },
    'alias and begin break case class def defined? do else elsif end ensure for if in module next not or redo rescue retry return self super then undef unless until when while yield require require_relative raise attr_reader attr_writer attr_accessor private',
    'nil true false __FILE__ __LINE__',
  );
  const json = language({ string: [quoted('"')] }, '', 'null true false');
  const xml = language({
    comment: [`<!--[\\s\\S]*?(?:-->|${END})`],
    keyword: ['<[\\/?!]?[\\p{L}_][\\p{L}\\p{N}_:.-]*', '[\\/?]?>'],
    string: ['"[^"<>]*"', "'[^'<>]*'"],
  });
  const sql = language(
    { comment: ['--[^\\n]*', BLOCK_COMMENT], string: ["'[^']*'?", '"[^"]*"?'] },
    'add alter and as asc between by case check column commit constraint create database default delete desc distinct drop else end exists foreign from full grant group having in index inner insert into is join key left like limit not offset on or order outer primary procedure references replace right rollback select set table then union unique update values view when where with',
    'null true false',
  );

  /** By the names of files and of fences. */
  const LANGUAGES = new Map(
    [
      [c, 'c h cc cpp cxx hpp c++'],
      [go, 'go golang'],
      [java, 'java'],
      [javascript, 'js mjs cjs jsx ts tsx javascript typescript node nodejs'],
      [python, 'py pyi python python3'],
      [ruby, 'rb ruby rake gemspec'],
      [json, 'json'],
      [xml, 'xml html htm xhtml svg jsp ftl'],
      [sql, 'sql'],
    ].flatMap(([language, names]) => names.split(' ').map((name) => [name, language])),
  );

  /** The language of a file, by the end of its name. */
  const languageOf = (path) => LANGUAGES.get(/\.(\w{1,8})$/.exec(path.slice(-12))?.[1].toLowerCase());

  /** What a name is. */
  const kindOf = (name, language, text, end) => {
    const known = language === sql ? name.toLowerCase() : name;
    if (language.keywords.has(known)) return 'keyword';
    if (language.constants.has(known)) return 'number';
    return text[end] === '(' ? 'call' : null;
  };

  /** The pieces of a text that have a colour, in order. */
  const tokens = (text, language, offset = 0) => {
    const found = [];
    for (const match of text.matchAll(language.pattern)) {
      const end = match.index + match[0].length;
      let kind = Object.keys(match.groups).find((group) => match.groups[group] !== undefined);
      if (kind === 'name') kind = kindOf(match[0], language, text, end);
      if (kind) found.push({ start: offset + match.index, end: offset + end, kind: `code-${kind}` });
    }
    return found;
  };

  /** Puts elements around these pieces of an element's text, which are in order. */
  const paint = (element, pieces, name = 'span') => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    let start = 0;
    let next = 0;
    for (const node of nodes) {
      const text = node.data;
      const end = start + text.length;
      const parts = document.createDocumentFragment();
      let done = 0;
      while (next < pieces.length && pieces[next].start < end) {
        const piece = pieces[next];
        const from = Math.max(piece.start - start, done);
        const to = Math.min(piece.end, end) - start;
        const mark = document.createElement(name);
        if (piece.kind) mark.className = piece.kind;
        mark.textContent = text.slice(from, to);
        parts.append(text.slice(done, from), mark);
        done = to;
        // The rest of it is in the nodes that follow.
        if (piece.end > end) break;
        next += 1;
      }
      if (done > 0) {
        parts.append(text.slice(done));
        node.replaceWith(parts);
      }
      start = end;
    }
  };

  /** The code of a file with this name. */
  const file = (element, path) => {
    const language = languageOf(path);
    if (language) paint(element, tokens(element.textContent, language));
  };

  /** Code in a conversation: its language or the name of its file, and the code. */
  const FENCE = new RegExp(`^\`\`\`([\\w+]{0,20})[^\\n]*\\n([\\s\\S]*?)(?:^\`\`\`|${END})`, 'dgm');
  const BLOCK = new RegExp(
    `<path>([^<\\n]*)</path>\\s*<content>\\s*(?:<!\\[CDATA\\[)?([\\s\\S]*?)(?:\\]\\]>|</content>|${END})`,
    'dg',
  );

  /** What somebody said: the code in its fences and in the blocks of an answer. */
  const conversation = (element) => {
    const text = element.textContent;
    const found = [FENCE, BLOCK].flatMap((pattern) => [...text.matchAll(pattern)]);
    found.sort((a, b) => a.index - b.index);
    const pieces = [];
    let end = 0;
    for (const { index, 1: name, 2: code, indices } of found) {
      const language = LANGUAGES.get(name.toLowerCase()) ?? languageOf(name.trim());
      // A fence inside a block is the block's.
      if (!language || index < end) continue;
      for (const token of tokens(code, language, indices[2][0])) pieces.push(token);
      end = indices[2][1];
    }
    paint(element, pieces);
  };

  return { file, conversation, paint };
})();
