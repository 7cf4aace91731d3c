/** How long back the pace of a run is measured: what it did before a pause or a crash says nothing of when it will be done. */
export const PACE_WINDOW_S = 15;

export interface Pace {
  /** Steps planned, and those that are done. */
  readonly total: number;
  readonly done: number;
  /** Steps done within the last {@link PACE_WINDOW_S}, or since it began if that is later, and how long that is. */
  readonly recentSteps: number;
  readonly recentSeconds: number;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly percent: number;
  readonly perSecond: number;
  /** Absent where nothing has been done lately, so that nobody can know. */
  readonly etaSeconds?: number;
}

/** How far a run has come and when it will be done at its present pace (C38, C39). */
export function progressOf({ total, done, recentSteps, recentSeconds }: Pace): Progress {
  const perSecond = recentSeconds > 0 ? recentSteps / recentSeconds : 0;
  const percent = total === 0 ? 100 : Math.floor((done / total) * 1000) / 10;
  const progress = { done, total, percent, perSecond: Math.round(perSecond) };
  const left = total - done;
  if (left === 0) return { ...progress, etaSeconds: 0 };
  return perSecond > 0 ? { ...progress, etaSeconds: Math.ceil(left / perSecond) } : progress;
}
