using System;
using System.Buffers.Binary;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>Replies of a CD-ROM drive about itself and its disc (MMC-3). Each writes into 256 zeros and returns its length.</summary>
internal static class CdReplies
{
    /// <summary>Room that the longest reply fits in.</summary>
    public const int Room = 256;

    private const byte DataTrack = 0x14;
    private const byte LeadOut = 0xAA;
    private const ushort CdRom = 0x0008;
    private const ushort DvdRom = 0x0010;

    /// <summary>INQUIRY (SPC-2 7.3).</summary>
    public static int Inquiry(Span<byte> to, DriveIdentity identity)
    {
        string[] names = identity.Model.Split(' ', 2);
        to[0] = 0x05;
        to[1] = 0x80;
        to[3] = 0x21;
        to[4] = 31;
        DriveIdentity.Put(to.Slice(8, 8), names[0]);
        DriveIdentity.Put(to.Slice(16, 16), names.Length > 1 ? names[1] : string.Empty);
        DriveIdentity.Put(to.Slice(32, 4), identity.Firmware);
        return 36;
    }

    /// <summary>REQUEST SENSE.</summary>
    public static int SenseData(Span<byte> to, Sense sense)
    {
        to[0] = 0x70;
        to[2] = sense.Key;
        to[7] = 10;
        to[12] = sense.Code;
        to[13] = sense.Qualifier;
        return 18;
    }

    /// <summary>READ CAPACITY: the last sector's number and the length of one.</summary>
    public static int Capacity(Span<byte> to, long sectors)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)Math.Max(0, sectors - 1));
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], CdTray.SectorBytes);
        return 8;
    }

    /// <summary>READ TOC/PMA/ATIP formats 0 to 2; 0: no such track or format.</summary>
    public static int Toc(Span<byte> to, long sectors, int format, int track, bool msf)
    {
        to[2] = 1;
        to[3] = 1;
        int length = 4;
        switch (format)
        {
            case 0 when track is <= 1 or LeadOut:
                if (track <= 1)
                {
                    length += TocTrack(to[length..], 1, 0, msf);
                }

                length += TocTrack(to[length..], LeadOut, sectors, msf);
                break;
            case 1:
                length += TocTrack(to[length..], 1, 0, msf);
                break;
            case 2:
                length += RawTocEntry(to[length..], 0xA0, 1, 0, 0);
                length += RawTocEntry(to[length..], 0xA1, 1, 0, 0);
                Span<byte> address = stackalloc byte[4];
                PutMsf(address, sectors);
                length += RawTocEntry(to[length..], 0xA2, address[1], address[2], address[3]);
                length += RawTocEntry(to[length..], 1, 0, 2, 0);
                break;
            default:
                return 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)(length - 2));
        return length;
    }

    /// <summary>GET CONFIGURATION: a header and the features from <paramref name="first"/> on, all, current ones, or that one only.</summary>
    public static int Configuration(Span<byte> to, CdTray tray, int kind, int first)
    {
        bool isCd = tray.IsReady && !tray.IsDvd;
        bool isDvd = tray.IsReady && tray.IsDvd;
        BinaryPrimitives.WriteUInt16BigEndian(to[6..], isCd ? CdRom : isDvd ? DvdRom : (ushort)0);
        int length = 8;

        // Profile list, core (over ATAPI), removable medium (a tray that locks and ejects), random readable, CD read, DVD read.
        length += Feature(to[length..], kind, first, 0x0000, 0x03, [0, 0x10, (byte)(isDvd ? 1 : 0), 0, 0, 0x08, (byte)(isCd ? 1 : 0), 0]);
        length += Feature(to[length..], kind, first, 0x0001, 0x03, [0, 0, 0, 2]);
        length += Feature(to[length..], kind, first, 0x0003, 0x03, [0x29, 0, 0, 0]);
        length += Feature(to[length..], kind, first, 0x0010, (byte)(tray.IsReady ? 1 : 0), [0, 0, 8, 0, 0, (byte)(isDvd ? 16 : 1), 0, 0]);
        length += Feature(to[length..], kind, first, 0x001E, (byte)(isCd ? 1 : 0), [0, 0, 0, 0]);
        length += Feature(to[length..], kind, first, 0x001F, (byte)(isDvd ? 1 : 0), []);
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)(length - 4));
        return length;
    }

    /// <summary>GET EVENT STATUS NOTIFICATION; only events of the medium come.</summary>
    public static int Event(Span<byte> to, CdTray tray, int classes)
    {
        to[3] = 0x10;
        if ((classes & 0x10) == 0)
        {
            to[1] = 2;
            to[2] = 0x80;
            return 4;
        }

        to[1] = 6;
        to[2] = 4;
        to[4] = tray.TakeEvent();
        to[5] = (byte)((tray.IsOpen ? 1 : 0) | (tray.IsReady ? 2 : 0));
        return 8;
    }

    /// <summary>READ DISC INFORMATION: one complete session with one track.</summary>
    public static int DiscInformation(Span<byte> to)
    {
        to[1] = 32;
        to[2] = 0x0E;
        to[3] = 1;
        to[4] = 1;
        to[5] = 1;
        to[6] = 1;
        to[7] = 0x20;
        to.Slice(16, 8).Fill(0xFF);
        return 34;
    }

    /// <summary>READ SUB-CHANNEL: where the head is; a catalogue number and recording codes there are none. 0: no such format.</summary>
    public static int SubChannel(Span<byte> to, int format, bool wantsQ, bool msf, long position)
    {
        to[1] = 0x15;
        if (!wantsQ)
        {
            return 4;
        }

        to[4] = (byte)format;
        switch (format)
        {
            case 1:
                to[3] = 12;
                to[5] = DataTrack;
                to[6] = 1;
                to[7] = 1;
                PutAddress(to[8..], position, msf);
                PutAddress(to[12..], position, msf, isRelative: true);
                return 16;
            case 2 or 3:
                to[3] = 20;
                to[5] = format == 3 ? DataTrack : (byte)0;
                to[6] = format == 3 ? (byte)1 : (byte)0;
                return 24;
            default:
                return 0;
        }
    }

    /// <summary>MECHANISM STATUS: no changer.</summary>
    public static int Mechanism(Span<byte> to, CdTray tray, long position)
    {
        to[1] = (byte)(tray.IsOpen ? 0x10 : 0);
        to[2] = (byte)(position >> 16);
        to[3] = (byte)(position >> 8);
        to[4] = (byte)position;
        to[5] = 1;
        return 8;
    }

    /// <summary>Puts a block's address as minute, second and frame, 150 frames after the start of the disc.</summary>
    public static void PutMsf(Span<byte> to, long sector, int lead = 150)
    {
        long frames = sector + lead;
        to[0] = 0;
        to[1] = (byte)Math.Min(255, frames / (75 * 60));
        to[2] = (byte)(frames / 75 % 60);
        to[3] = (byte)(frames % 75);
    }

    private static void PutAddress(Span<byte> to, long sector, bool msf, bool isRelative = false)
    {
        if (msf)
        {
            PutMsf(to, sector, isRelative ? 0 : 150);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)sector);
        }
    }

    private static int TocTrack(Span<byte> to, byte track, long sector, bool msf)
    {
        to[1] = DataTrack;
        to[2] = track;
        PutAddress(to[4..], sector, msf);
        return 8;
    }

    private static int RawTocEntry(Span<byte> to, byte point, byte minute, byte second, byte frame)
    {
        to[0] = 1;
        to[1] = DataTrack;
        to[3] = point;
        to[8] = minute;
        to[9] = second;
        to[10] = frame;
        return 11;
    }

    private static int Feature(Span<byte> to, int kind, int first, int code, byte flags, ReadOnlySpan<byte> data)
    {
        bool isWanted = kind switch
        {
            0 => code >= first,
            1 => code >= first && (flags & 1) != 0,
            _ => code == first,
        };
        if (!isWanted)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)code);
        to[2] = flags;
        to[3] = (byte)data.Length;
        data.CopyTo(to[4..]);
        return 4 + data.Length;
    }
}
