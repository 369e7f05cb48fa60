using System;

namespace Doppel.Devices.Chipset.FwCfg;

/// <summary>One thing that firmware may ask for: constant bytes, bytes made when they are asked for, or bytes that are part of the device's state.</summary>
public sealed class FwCfgItem
{
    /// <summary>Most bytes of an item.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Most bytes of a file's name.</summary>
    public const int MaxNameBytes = 55;

    private readonly Func<byte[]>? _make;
    private readonly byte[] _bytes;

    private FwCfgItem(string name, ushort key, int lengthBytes, byte[] bytes, Func<byte[]>? make)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, MaxBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxNameBytes);
        Name = name;
        Key = key;
        LengthBytes = lengthBytes;
        _bytes = bytes;
        _make = make;
    }

    /// <summary>Name of the file; empty for an item known by its key alone.</summary>
    public string Name { get; }

    /// <summary>Key; 0 for a file, which is given one when the device is made.</summary>
    public ushort Key { get; }

    /// <summary>Length, which never changes.</summary>
    public int LengthBytes { get; }

    /// <summary>Whether the guest may write it.</summary>
    public bool IsGuestWritable { get; private init; }

    /// <summary>Whether its bytes change and are saved with the device.</summary>
    public bool IsKept { get; private init; }

    /// <summary>The bytes of a kept item, to be changed by the machine.</summary>
    public Span<byte> Bytes => IsKept ? _bytes : throw new InvalidOperationException(Name + " cannot be changed");

    /// <summary>An item known by its key.</summary>
    public static FwCfgItem Constant(ushort key, byte[] bytes) => new(string.Empty, key, bytes.Length, bytes, null);

    /// <summary>An item known by its key whose bytes change.</summary>
    public static FwCfgItem Kept(ushort key, int lengthBytes) => new(string.Empty, key, lengthBytes, new byte[lengthBytes], null) { IsKept = true };

    /// <summary>A file.</summary>
    public static FwCfgItem File(string name, byte[] bytes) => new(name, 0, bytes.Length, bytes, null);

    /// <summary>A file whose bytes are made each time it is selected, always <paramref name="lengthBytes"/>.</summary>
    public static FwCfgItem MadeFile(string name, int lengthBytes, Func<byte[]> make) => new(name, 0, lengthBytes, [], make);

    /// <summary>A file whose bytes change: by the machine, and by the guest if it may write.</summary>
    public static FwCfgItem KeptFile(string name, int lengthBytes, bool isGuestWritable = false) =>
        new(name, 0, lengthBytes, new byte[lengthBytes], null) { IsKept = true, IsGuestWritable = isGuestWritable };

    /// <summary>The bytes now.</summary>
    internal byte[] Take()
    {
        if (_make is null)
        {
            return _bytes;
        }

        byte[] made = _make();
        return made.Length == LengthBytes ? made : throw new InvalidOperationException(Name + " was made with another length than was said");
    }
}
