namespace Doppel.Backends;

/// <summary>
/// A medium that keeps what is written to it apart, for as long as its machine lives. Its changes are therefore part of the machine: snapshots carry
/// them, the state hash covers them, and a fork of the machine gets a copy of its own. Machine's thread only.
/// </summary>
public interface IOverlayMedium : IBlockBackend
{
    /// <summary>Most bytes of a run of changes.</summary>
    const int MostRunBytes = 1 << 18;

    /// <summary>
    /// The first run of changed bytes at or after <paramref name="from"/> (0, or where the last run ended): whole blocks but for the end of the medium,
    /// at most <see cref="MostRunBytes"/>. Media with the same changes have the same runs. False: none comes any more.
    /// </summary>
    bool NextChange(long from, out long start, out int length);

    /// <summary>Forgets all changes.</summary>
    void DiscardChanges();

    /// <summary>A medium over the same ground with the same changes, which goes its own way on any thread and is the caller's. Throws when the host has no room for it.</summary>
    IOverlayMedium Fork();
}
