using System;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>
/// Which parts of a mode 1 sector of 2,352 bytes a READ CD asked for (MMC-3 table 236): synchronization, header, user data, and the error codes behind. The
/// error codes read as zeros: the image does not have them, and no drive lets wrong ones through.
/// </summary>
/// <param name="Flags">Byte 9 of the command: 80 sync, 20 header, 10 user data, 08 error codes.</param>
internal readonly record struct CdSector(byte Flags)
{
    private const int SyncBytes = 12;
    private const int HeaderBytes = 4;
    private const int CodeBytes = 288;

    /// <summary>User data alone.</summary>
    public static CdSector UserData => new(0x10);

    /// <summary>Whether all the flags mean something here: no error pointers.</summary>
    public bool IsPossible => (Flags & 0x07) == 0;

    /// <summary>Bytes a sector.</summary>
    public int Length => (HasSync ? SyncBytes : 0) + (HasHeader ? HeaderBytes : 0) + (HasData ? CdTray.SectorBytes : 0) + (HasCodes ? CodeBytes : 0);

    private bool HasSync => (Flags & 0x80) != 0;

    private bool HasHeader => (Flags & 0x20) != 0;

    private bool HasData => (Flags & 0x10) != 0;

    private bool HasCodes => (Flags & 0x08) != 0;

    /// <summary>Reads sectors from <paramref name="first"/> on, as many as <paramref name="to"/> holds.</summary>
    public bool TryRead(CdTray tray, long first, Span<byte> to)
    {
        if (Flags == UserData.Flags)
        {
            return tray.TryRead(first, to);
        }

        for (; to.Length > 0; to = to[Length..], first++)
        {
            if (!TryReadOne(tray, first, to[..Length]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadOne(CdTray tray, long number, Span<byte> to)
    {
        if (HasSync)
        {
            to[..SyncBytes].Fill(0xFF);
            to[0] = 0;
            to[SyncBytes - 1] = 0;
            to = to[SyncBytes..];
        }

        if (HasHeader)
        {
            Span<byte> address = stackalloc byte[4];
            CdReplies.PutMsf(address, number);
            to[0] = Decimal(address[1]);
            to[1] = Decimal(address[2]);
            to[2] = Decimal(address[3]);
            to[3] = 1;
            to = to[HeaderBytes..];
        }

        if (HasData)
        {
            if (!tray.TryRead(number, to[..CdTray.SectorBytes]))
            {
                return false;
            }

            to = to[CdTray.SectorBytes..];
        }

        to.Clear();
        return true;
    }

    private static byte Decimal(byte value) => (byte)((Math.Min(value, (byte)99) / 10 * 16) + (Math.Min(value, (byte)99) % 10));
}
