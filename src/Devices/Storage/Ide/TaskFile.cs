using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>
/// The registers in which a drive takes its arguments and leaves its results. Each is two deep for 48-bit addresses (ATA/ATAPI-6, 6.20): a write
/// pushes the value before it into the high-order half.
/// </summary>
internal sealed class TaskFile
{
    private readonly byte[] _now = new byte[IdeRegister.Device];
    private readonly byte[] _before = new byte[IdeRegister.Device];

    /// <summary>The Device register.</summary>
    public byte Device { get; set; }

    public byte Features => _now[IdeRegister.Error];

    public byte Count
    {
        get => _now[IdeRegister.Count];
        set => _now[IdeRegister.Count] = value;
    }

    public byte Low
    {
        get => _now[IdeRegister.Low];
        set => _now[IdeRegister.Low] = value;
    }

    public byte Mid
    {
        get => _now[IdeRegister.Mid];
        set => _now[IdeRegister.Mid] = value;
    }

    public byte High
    {
        get => _now[IdeRegister.High];
        set => _now[IdeRegister.High] = value;
    }

    /// <summary>Mid and High as one number.</summary>
    public ushort Cylinder
    {
        get => (ushort)(Mid | (High << 8));
        set
        {
            Mid = (byte)value;
            High = (byte)(value >> 8);
        }
    }

    /// <summary>Whether the address is a block number.</summary>
    public bool IsLba => (Device & IdeControl.Lba) != 0;

    /// <summary>Sectors asked for: 0 means 256.</summary>
    public int Count28 => Count == 0 ? 256 : Count;

    /// <summary>Sectors asked for by a 48-bit command: 0 means 65,536.</summary>
    public int Count48 => (Count | (_before[IdeRegister.Count] << 8)) is var count && count == 0 ? 65_536 : count;

    public long Lba28 => (uint)(Low | (Mid << 8) | (High << 16) | ((Device & 15) << 24));

    public long Lba48 => (uint)(Low | (Mid << 8) | (High << 16))
        | ((long)_before[IdeRegister.Low] << 24) | ((long)_before[IdeRegister.Mid] << 32) | ((long)_before[IdeRegister.High] << 40);

    /// <summary>A register, 2 to 5.</summary>
    public byte Read(int register, bool highOrder) => (highOrder ? _before : _now)[register];

    /// <summary>The guest writes a register, 1 to 5.</summary>
    public void Write(int register, byte value)
    {
        _before[register] = _now[register];
        _now[register] = value;
    }

    /// <summary>The drive puts a block number of 28 bits there.</summary>
    public void SetLba28(long lba)
    {
        SetLow24(lba);
        Device = (byte)((Device & 0xF0) | (int)((lba >> 24) & 15));
    }

    /// <summary>The drive puts a block number of 48 bits there.</summary>
    public void SetLba48(long lba)
    {
        SetLow24(lba);
        _before[IdeRegister.Low] = (byte)(lba >> 24);
        _before[IdeRegister.Mid] = (byte)(lba >> 32);
        _before[IdeRegister.High] = (byte)(lba >> 40);
    }

    /// <summary>The drive puts a count of 16 bits there.</summary>
    public void SetCount48(int count)
    {
        Count = (byte)count;
        _before[IdeRegister.Count] = (byte)(count >> 8);
    }

    /// <summary>What a reset leaves (9.12): it tells disks (0000) from packet devices (EB14).</summary>
    public void SetSignature(ushort cylinder)
    {
        Count = 1;
        Low = 1;
        Cylinder = cylinder;
        Device = 0;
        System.Array.Clear(_before);
    }

    public void Save(IStateWriter to)
    {
        to.Write("registers", _now);
        to.Write("registersBefore", _before);
        to.Write("device", (ulong)Device);
    }

    public void Restore(IStateReader from)
    {
        from.ReadBytes("registers", _now);
        from.ReadBytes("registersBefore", _before);
        Device = (byte)from.ReadUnsigned("device", 0xFF);
    }

    private void SetLow24(long lba)
    {
        Low = (byte)lba;
        Mid = (byte)(lba >> 8);
        High = (byte)(lba >> 16);
    }
}
