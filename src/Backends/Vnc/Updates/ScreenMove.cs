namespace Doppel.Backends.Vnc.Updates;

/// <summary>A part of a screen that moved.</summary>
/// <param name="FromX">Left column of where it was.</param>
/// <param name="FromY">Top row of where it was.</param>
/// <param name="To">Where it is now.</param>
internal readonly record struct ScreenMove(int FromX, int FromY, ScreenArea To);
