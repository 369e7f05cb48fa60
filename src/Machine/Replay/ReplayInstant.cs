using System.Globalization;

namespace Doppel.Machine.Replay;

/// <summary>
/// A point in the life of a deterministic machine. Instructions alone do not tell it, since time passes in HLT too, and a reset takes neither.
/// </summary>
/// <param name="Retired">Retired instructions since power-on.</param>
/// <param name="Nanoseconds">Guest time since power-on.</param>
/// <param name="Resets">Resets that the guest asked for.</param>
internal readonly record struct ReplayInstant(ulong Retired, long Nanoseconds, uint Resets)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"instruction {Retired} ({Nanoseconds / 1e9:F9} s{(Resets == 0 ? string.Empty : ", after " + Resets + " resets")})");
}
