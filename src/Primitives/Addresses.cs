using System.Globalization;

namespace Doppel.Primitives;

/// <summary>A guest-physical address: what the guest's chipset and page tables call memory.</summary>
/// <param name="Value">The address in bytes.</param>
public readonly record struct Gpa(ulong Value)
{
    /// <summary>Number of the 4 KiB page that holds this address.</summary>
    public ulong Page => Value >> 12;

    /// <summary>The address <paramref name="bytes"/> further on; wraps at 2^64.</summary>
    public static Gpa operator +(Gpa at, ulong bytes) => new(unchecked(at.Value + bytes));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("X8", CultureInfo.InvariantCulture);
}

/// <summary>A guest-virtual address after segmentation: the manual's "linear address".</summary>
/// <param name="Value">The address in bytes.</param>
public readonly record struct Gva(ulong Value)
{
    /// <summary>Number of the 4 KiB page that holds this address.</summary>
    public ulong Page => Value >> 12;

    /// <summary>The address <paramref name="bytes"/> further on; wraps at 2^64.</summary>
    public static Gva operator +(Gva at, ulong bytes) => new(unchecked(at.Value + bytes));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("X8", CultureInfo.InvariantCulture);
}

/// <summary>A host-virtual address inside this process.</summary>
/// <param name="Value">The address.</param>
public readonly record struct Hva(nint Value)
{
    /// <summary>The address <paramref name="bytes"/> further on.</summary>
    public static Hva operator +(Hva at, long bytes) => new(checked(at.Value + (nint)bytes));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("X", CultureInfo.InvariantCulture);
}
