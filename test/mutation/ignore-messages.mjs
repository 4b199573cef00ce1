/** What an invariant says when it breaks is for people: that it throws is behaviour, the words are not. */
const messages = {
  shouldIgnore({ node, parent }) {
    const isCheck = parent?.type === 'CallExpression' && parent.callee.name === 'assert';
    const isError = parent?.type === 'NewExpression' && parent.callee.name === 'AssertionError';
    const place = isCheck ? 1 : isError ? 0 : -1;
    return place >= 0 && parent.arguments[place] === node ? 'the text of an assertion' : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'messages', value: messages }];
