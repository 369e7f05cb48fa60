using System;

namespace Doppel.Machine.Outside;

/// <summary>What has come from outside and is on its way into one device. The run loop asks and delivers, on the machine's thread.</summary>
internal interface IOutsideInput
{
    /// <summary>Whether something waits, deliverable or not.</summary>
    bool HasWaiting { get; }

    /// <summary>Whether <see cref="Deliver"/> would give the device something.</summary>
    bool CanDeliver { get; }

    /// <summary>Gives the device as much as it has room for; <paramref name="given"/> is told the bytes first.</summary>
    void Deliver(Action<ReadOnlySpan<byte>>? given = null);
}
