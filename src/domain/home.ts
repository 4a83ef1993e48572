/**
 * Where a provider leads: the project whose servers its credentials show, and the region. Another place does not
 * know the pool's servers, so its 404 proves nothing. The state keeps each provider's; its watch compares.
 */

export interface Place {
  readonly project: string;
  /** null: the catalog or the configuration does not tell. */
  readonly region: string | null;
}

/** Where what the pool has on a provider was made. */
export interface Home extends Place {
  readonly provider: string;
}

export function isElsewhere(home: Place, place: Place): boolean {
  const hasMoved = home.region !== null && place.region !== null && home.region !== place.region;
  return home.project !== place.project || hasMoved;
}

/** In words: `project 4711, region RegionOne`. */
export function describePlace({ project, region }: Place): string {
  return `project ${project}` + (region === null ? "" : `, region ${region}`);
}
