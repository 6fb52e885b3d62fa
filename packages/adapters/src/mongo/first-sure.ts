/** The first answer that is one; `undefined` when none of them is. Rejects with what failed before that. */
export const firstSure = <Answer>(
  answers: readonly Promise<Answer | undefined>[],
): Promise<Answer | undefined> =>
  new Promise((resolve, reject) => {
    const asked = answers.map((answer) => answer.then((found) => found !== undefined && resolve(found)));
    Promise.all(asked).then(() => resolve(undefined), reject);
  });
