using System;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Ata;

/// <summary>
/// Cylinders, heads and sectors of a disk: 16 heads of 63 sectors by default and at most 16,383 cylinders, until a host sets others
/// by INITIALIZE DEVICE PARAMETERS.
/// </summary>
internal sealed class AtaGeometry(long sectors)
{
    private const int DefaultHeads = 16;
    private const int DefaultTrack = 63;
    private const int MostCylinders = 16_383;

    /// <summary>Largest number that a block address of 28 bits counts.</summary>
    private const long Most28 = 0x0FFF_FFFF;

    /// <summary>Sectors of the disk.</summary>
    public long Sectors { get; } = sectors;

    /// <summary>Sectors as far as 28 bits say them.</summary>
    public uint Sectors28 => (uint)Math.Min(Sectors, Most28);

    /// <summary>Heads now.</summary>
    public int Heads { get; private set; } = DefaultHeads;

    /// <summary>Sectors a track now.</summary>
    public int Track { get; private set; } = DefaultTrack;

    /// <summary>Cylinders that the disk has by default.</summary>
    public ushort NativeCylinders => (ushort)Math.Min(Sectors / (DefaultHeads * DefaultTrack), MostCylinders);

    /// <summary>Cylinders now.</summary>
    public ushort Cylinders => (ushort)Math.Min(Sectors / (Heads * Track), Heads == DefaultHeads && Track == DefaultTrack ? MostCylinders : ushort.MaxValue);

    /// <summary>Sectors that cylinders, heads and sectors reach now.</summary>
    public uint Reach => (uint)(Cylinders * Heads * Track);

    /// <summary>Power-on.</summary>
    public void Reset()
    {
        Heads = DefaultHeads;
        Track = DefaultTrack;
    }

    /// <summary>INITIALIZE DEVICE PARAMETERS. False: a track without sectors.</summary>
    public bool TrySet(int heads, int track)
    {
        if (track == 0)
        {
            return false;
        }

        Heads = heads;
        Track = track;
        return true;
    }

    /// <summary>The block that the registers name, or -1 when there can be no such.</summary>
    public long Address(TaskFile registers, bool isExt)
    {
        if (isExt)
        {
            return registers.Lba48;
        }

        if (registers.IsLba)
        {
            return registers.Lba28;
        }

        int head = registers.Device & 15;
        int sector = registers.Low;
        return sector == 0 || sector > Track || head >= Heads ? -1 : ((((long)registers.Cylinder * Heads) + head) * Track) + sector - 1;
    }

    /// <summary>Puts block <paramref name="lba"/> into the registers in the way the command addressed it.</summary>
    public void Show(TaskFile registers, bool isExt, long lba)
    {
        if (isExt)
        {
            registers.SetLba48(lba);
        }
        else if (registers.IsLba)
        {
            registers.SetLba28(lba);
        }
        else
        {
            registers.Low = (byte)((lba % Track) + 1);
            registers.Device = (byte)((registers.Device & 0xF0) | (int)(lba / Track % Heads));
            registers.Cylinder = (ushort)(lba / Track / Heads);
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("heads", (ulong)Heads);
        to.Write("track", (ulong)Track);
    }

    public void Restore(IStateReader from)
    {
        Heads = Math.Max(1, (int)from.ReadUnsigned("heads", 16));
        Track = Math.Max(1, (int)from.ReadUnsigned("track", 255));
    }
}
