using System;
using System.Globalization;

namespace Doppel.Primitives;

/// <summary>An instant of guest time: nanoseconds since the machine was powered on. Never host time.</summary>
/// <param name="Nanoseconds">Nanoseconds since power-on, 0 or more.</param>
public readonly record struct GuestTime(long Nanoseconds) : IComparable<GuestTime>
{
    /// <summary>Power-on.</summary>
    public static GuestTime Zero => default;

    /// <summary>Later than anything that happens.</summary>
    public static GuestTime Never => new(long.MaxValue);

    /// <summary>The instant <paramref name="nanoseconds"/> later; saturates at <see cref="Never"/>.</summary>
    public static GuestTime operator +(GuestTime at, long nanoseconds) =>
        nanoseconds > 0 && at.Nanoseconds > long.MaxValue - nanoseconds ? Never : new(at.Nanoseconds + nanoseconds);

    /// <summary>Nanoseconds from <paramref name="right"/> to <paramref name="left"/>.</summary>
    public static long operator -(GuestTime left, GuestTime right) => left.Nanoseconds - right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(GuestTime left, GuestTime right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(GuestTime left, GuestTime right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> is not after <paramref name="right"/>.</summary>
    public static bool operator <=(GuestTime left, GuestTime right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> is not before <paramref name="right"/>.</summary>
    public static bool operator >=(GuestTime left, GuestTime right) => left.Nanoseconds >= right.Nanoseconds;

    /// <inheritdoc/>
    public int CompareTo(GuestTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <inheritdoc/>
    public override string ToString() => (Nanoseconds / 1e9).ToString("F9", CultureInfo.InvariantCulture) + " s";
}
