using System;
using System.Buffers.Binary;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>
/// Mode parameters of a CD-ROM drive (MMC-3 clause 5, SFF-8020i): pages 01 error recovery, 0D device parameters, 0E audio control, 2A capabilities.
/// What a host changes is kept and has no effect.
/// </summary>
internal sealed class ModePages
{
    private const int HeaderBytes = 8;
    private const byte AllPages = 0x3F;
    private const byte Capabilities = 0x2A;
    private const int Speed = 48 * 176;

    // Pages 01, 0D and 0E with their defaults, and which bits a host may change.
    private static ReadOnlySpan<byte> Defaults =>
    [
        0x01, 6, 0x00, 0x05, 0, 0, 0, 0,
        0x0D, 6, 0x00, 0x0D, 0, 60, 0, 75,
        0x0E, 14, 0x04, 0, 0, 0, 0, 75, 0x01, 0xFF, 0x02, 0xFF, 0, 0, 0, 0,
    ];

    private static ReadOnlySpan<byte> Changeable =>
    [
        0x01, 6, 0x37, 0xFF, 0, 0, 0, 0,
        0x0D, 6, 0x00, 0x0F, 0, 0, 0, 0,
        0x0E, 14, 0x02, 0, 0, 0, 0, 0, 0x0F, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF,
    ];

    private readonly byte[] _now = new byte[32];

    /// <summary>Power-on.</summary>
    public void Reset() => Defaults.CopyTo(_now);

    /// <summary>MODE SENSE(10): writes header and pages; the length written is in <paramref name="length"/>.</summary>
    /// <param name="to">Room for 64 bytes.</param>
    /// <param name="page">Page code, 3F for all.</param>
    /// <param name="control">0 current, 1 changeable, 2 default, 3 saved.</param>
    /// <param name="tray">For medium type and lock.</param>
    /// <param name="length">Bytes written.</param>
    public Sense Read(Span<byte> to, int page, int control, CdTray tray, out int length)
    {
        length = HeaderBytes;
        if (control == 3)
        {
            return Sense.SavingNotSupported;
        }

        to[..HeaderBytes].Clear();
        to[2] = (byte)(tray.IsOpen ? 0x71 : tray.IsReady ? 0x01 : 0x70);
        ReadOnlySpan<byte> pages = control == 1 ? Changeable : control == 2 ? Defaults : _now;
        for (int at = 0; at < pages.Length; at += 2 + pages[at + 1])
        {
            if (page == AllPages || page == pages[at])
            {
                ReadOnlySpan<byte> one = pages.Slice(at, 2 + pages[at + 1]);
                one.CopyTo(to[length..]);
                length += one.Length;
            }
        }

        if (page is AllPages or Capabilities)
        {
            length += PutCapabilities(to[length..], control == 1, tray.IsLocked);
        }

        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)(length - 2));
        return length == HeaderBytes ? Sense.InvalidField : Sense.None;
    }

    /// <summary>MODE SELECT(10): takes the changeable bits of the pages in <paramref name="list"/>; after an error nothing is changed.</summary>
    public Sense Write(ReadOnlySpan<byte> list)
    {
        if (list.Length == 0)
        {
            return Sense.None;
        }

        if (list.Length < HeaderBytes)
        {
            return Sense.ParameterListLength;
        }

        Span<byte> changed = stackalloc byte[_now.Length];
        _now.CopyTo(changed);
        int descriptors = BinaryPrimitives.ReadUInt16BigEndian(list[6..]);
        if (descriptors > list.Length - HeaderBytes)
        {
            return Sense.ParameterListLength;
        }

        for (ReadOnlySpan<byte> rest = list[(HeaderBytes + descriptors)..]; rest.Length > 0;)
        {
            if (rest.Length < 2 || rest.Length < 2 + rest[1])
            {
                return Sense.ParameterListLength;
            }

            if ((rest[0] & 0x3F) != Capabilities && !TryTake(changed, rest[..(2 + rest[1])]))
            {
                return Sense.InvalidParameter;
            }

            rest = rest[(2 + rest[1])..];
        }

        changed.CopyTo(_now);
        return Sense.None;
    }

    public void Save(IStateWriter to) => to.Write("modePages", _now);

    public void Restore(IStateReader from)
    {
        Span<byte> stored = stackalloc byte[_now.Length];
        from.ReadBytes("modePages", stored);
        for (int i = 0; i < stored.Length; i++)
        {
            if (((stored[i] ^ Defaults[i]) & ~(IsHead(i) ? (byte)0 : Changeable[i])) != 0)
            {
                throw new StateFormatException("modePages: bits that no host changes");
            }
        }

        stored.CopyTo(_now);
    }

    private static bool IsHead(int at) => at is 0 or 1 or 8 or 9 or 16 or 17;

    private static bool TryTake(Span<byte> pages, ReadOnlySpan<byte> page)
    {
        for (int at = 0; at < pages.Length; at += 2 + pages[at + 1])
        {
            if (pages[at] == (page[0] & 0x3F))
            {
                if (pages[at + 1] != page[1])
                {
                    return false;
                }

                for (int i = 2; i < page.Length; i++)
                {
                    pages[at + i] = (byte)((pages[at + i] & ~Changeable[at + i]) | (page[i] & Changeable[at + i]));
                }

                return true;
            }
        }

        return false;
    }

    // Reads CD-R, CD-RW and DVD-ROM, both forms of mode 2 and sessions; a tray that can be locked and ejected; 128 KiB of buffer.
    private static int PutCapabilities(Span<byte> to, bool isMask, bool isLocked)
    {
        const int length = 22;
        to[..length].Clear();
        to[0] = Capabilities;
        to[1] = length - 2;
        if (!isMask)
        {
            to[2] = 0x0B;
            to[4] = 0x70;
            to[6] = (byte)(0x29 | (isLocked ? 0x02 : 0));
            BinaryPrimitives.WriteUInt16BigEndian(to[8..], Speed);
            BinaryPrimitives.WriteUInt16BigEndian(to[12..], 128);
            BinaryPrimitives.WriteUInt16BigEndian(to[14..], Speed);
        }

        return length;
    }
}
