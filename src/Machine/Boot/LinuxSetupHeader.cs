using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot;

/// <summary>
/// The setup header of a Linux bzImage (Documentation/arch/x86/boot.rst, protocols 2.00 to 2.15), checked against the file. Fields that an old
/// protocol lacks have the values that the document gives for it.
/// </summary>
internal sealed class LinuxSetupHeader
{
    public const int HeaderOffset = 0x1F1;

    private const int BootFlagOffset = 0x1FE;
    private const int MagicOffset = 0x202;
    private const int MinFileBytes = 0x270;
    private const byte LoadedHigh = 1;
    private const int SectorBytes = 512;
    private const int DefaultSetupSectors = 4;
    private const uint OldInitrdMax = 0x37FF_FFFF;
    private const int OldCommandLineMax = 255;

    private readonly byte[] _header;

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="BootException">It is damaged or too old.</exception>
    public LinuxSetupHeader(ReadOnlySpan<byte> file)
    {
        if (file.Length < MinFileBytes)
        {
            throw Damaged("it is cut off inside the setup header");
        }

        Protocol = BinaryPrimitives.ReadUInt16LittleEndian(file[0x206..]);
        int headerEnd = MagicOffset + file[0x201];
        if (headerEnd > 0x290 || headerEnd < 0x220)
        {
            throw Damaged("the setup header has an impossible length");
        }

        _header = file[HeaderOffset..Math.Min(headerEnd, file.Length)].ToArray();
        if (Protocol < 0x200 || (file[0x211] & LoadedHigh) == 0)
        {
            throw new BootException("the kernel is an old zImage; use a bzImage (boot protocol 2.00 or newer)");
        }

        int sectors = file[HeaderOffset] == 0 ? DefaultSetupSectors : file[HeaderOffset];
        ProtectedModeOffset = (sectors + 1) * SectorBytes;
        if (ProtectedModeOffset >= file.Length)
        {
            throw Damaged("it is cut off before the kernel proper");
        }

        // The size in 16-byte units; the 32 bits are valid from 2.04 on. Older files say too little, so the file's end counts there.
        long stated = Protocol >= 0x204 ? BinaryPrimitives.ReadUInt32LittleEndian(file[0x1F4..]) * 16L : 0;
        if (stated - 16 > file.Length - ProtectedModeOffset)
        {
            throw Damaged("it is shorter than its header says");
        }

        PayloadOffset = Has(0x208) ? Field(0x248) : 0;
        PayloadLength = Has(0x208) ? Field(0x24C) : 0;
        if ((ulong)PayloadOffset + PayloadLength > (ulong)(file.Length - ProtectedModeOffset))
        {
            throw Damaged("its payload leaves the file");
        }
    }

    /// <summary>Boot protocol as major and minor byte, for example 0x20F.</summary>
    public ushort Protocol { get; }

    /// <summary>Where the protected-mode kernel starts in the file.</summary>
    public int ProtectedModeOffset { get; }

    /// <summary>Where the packed kernel starts after <see cref="ProtectedModeOffset"/>.</summary>
    public uint PayloadOffset { get; }

    /// <summary>Length of the packed kernel; 0: the file does not say.</summary>
    public uint PayloadLength { get; }

    /// <summary>Last address that the initial RAM disk may take.</summary>
    public uint InitrdMax => Has(0x203) ? Field(0x22C) : OldInitrdMax;

    /// <summary>Longest command line without terminator.</summary>
    public int CommandLineMax => Has(0x206) ? (int)Math.Min(Field(0x238), 65535) : OldCommandLineMax;

    /// <summary>Whether the kernel has a 64-bit entry point at offset 0x200.</summary>
    public bool HasEntry64 => Has(0x20C) && (Field(0x234) >> 16 & 1) != 0;

    /// <summary>Where the decompressor puts the kernel unless moved; 0: not said.</summary>
    public ulong PreferredAddress => Has(0x20A) ? Field(0x258) | ((ulong)Field(0x25C) << 32) : 0;

    /// <summary>Memory that the kernel needs from its start until it knows the memory map; 0: not said.</summary>
    public uint InitBytes => Has(0x20A) ? Field(0x260) : 0;

    public static bool Recognises(ReadOnlySpan<byte> file) =>
        file.Length >= MagicOffset + 4 && file[BootFlagOffset] == 0x55 && file[BootFlagOffset + 1] == 0xAA && file[MagicOffset..].StartsWith("HdrS"u8);

    /// <summary>Copies the header to its place in boot_params.</summary>
    public void CopyTo(Span<byte> bootParams) => _header.CopyTo(bootParams[HeaderOffset..]);

    internal static BootException Damaged(string how) => new($"the bzImage is damaged: {how}; get a good copy");

    private bool Has(int protocol) => Protocol >= protocol;

    // Fields past the header's own end read as zero.
    private uint Field(int offset)
    {
        int at = offset - HeaderOffset;
        return at + 4 <= _header.Length ? BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(at)) : 0;
    }
}
