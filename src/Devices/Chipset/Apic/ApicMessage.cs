namespace Doppel.Devices.Chipset.Apic;

/// <summary>One interrupt message between APICs.</summary>
/// <param name="Destination">APIC ID, or a logical set; <see cref="Broadcast"/> in physical mode means all.</param>
/// <param name="Logical">Whether <paramref name="Destination"/> is a logical set.</param>
/// <param name="Mode">Delivery mode.</param>
/// <param name="Vector">Vector.</param>
/// <param name="Level">Level triggered: the end of interrupt is announced to the I/O APICs.</param>
internal readonly record struct ApicMessage(uint Destination, bool Logical, DeliveryMode Mode, byte Vector, bool Level)
{
    /// <summary>Physical destination of everyone.</summary>
    public const uint Broadcast = uint.MaxValue;
}
