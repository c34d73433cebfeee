// How the gallery asks: the seeds of its questions and answers, and how many of the broad ones.

export const GALLERY_PLAN = { questionSeed: 5150, answerSeed: 2112, broad: 360 } as const;
