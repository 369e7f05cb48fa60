using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Boot;

/// <summary>
/// The page of facts that Linux is started with ("zero page": Documentation/arch/x86/zero-page.rst, struct boot_params). Without a text
/// screen it says nothing of one, so that Linux uses no VGA console; there are no disks in it (Linux finds them itself).
/// </summary>
internal static class LinuxBootParams
{
    private const int Bytes = 4096;
    private const int MaxMapEntries = 128;
    private const ushort PlainElfProtocol = 0x20F;
    private const ushort SetupDataProtocol = 0x209;
    private const uint RandomSeedType = 9;
    private const byte UndefinedLoader = 0xFF;
    private const byte LoadedHigh = 1;
    private const byte KeepSegments = 1 << 6;
    private const uint PlainElfInitrdMax = 0x37FF_FFFF;
    private const int PlainElfCommandLineMax = 2047;

    /// <summary>Places boot_params, command line and initial RAM disk; returns the address of boot_params.</summary>
    /// <param name="memory">Where to.</param>
    /// <param name="request">What to tell the kernel.</param>
    /// <param name="header">The kernel's own header, or null for a bare ELF.</param>
    public static ulong Place(BootMemory memory, BootRequest request, LinuxSetupHeader? header)
    {
        byte[] page = new byte[Bytes];
        header?.CopyTo(page);
        if (header is null)
        {
            Write16(page, 0x1FE, 0xAA55);
            "HdrS"u8.CopyTo(page.AsSpan(0x202));
            Write16(page, 0x206, PlainElfProtocol);
        }

        page[0x210] = UndefinedLoader;
        page[0x211] = (byte)((page[0x211] | LoadedHigh) & ~KeepSegments);

        ulong at = memory.TakeLow("boot_params", Bytes);
        Write32(page, 0x228, (uint)CommandLine.Place(memory, request.CommandLine, header?.CommandLineMax ?? PlainElfCommandLineMax));
        if (!request.Initrd.IsEmpty)
        {
            ulong initrd = memory.TakeHigh("the initrd", (ulong)request.Initrd.Length, header?.InitrdMax ?? PlainElfInitrdMax);
            memory.Write(initrd, request.Initrd.Span);
            Write32(page, 0x218, (uint)initrd);
            Write32(page, 0x21C, (uint)request.Initrd.Length);
        }

        if (!request.RandomSeed.IsEmpty && (header?.Protocol ?? PlainElfProtocol) >= SetupDataProtocol)
        {
            Write64(page, 0x250, PlaceRandomSeed(memory, request.RandomSeed.Span));
        }

        if (request.HasTextScreen)
        {
            WriteTextScreen(page);
        }

        Write64(page, 0x070, request.RsdpAddress);
        WriteMemory(page, memory.Map);
        memory.Write(at, page);
        return at;
    }

    // struct screen_info: mode 3 as the BIOS sets it.
    private static void WriteTextScreen(byte[] page)
    {
        page[0x06] = 3; // mode
        page[0x07] = 80; // columns
        page[0x0E] = 25; // rows
        page[0x0F] = 1; // VGA
        Write16(page, 0x10, 16); // rows of dots of a letter
    }

    // struct setup_data, type SETUP_RNG_SEED: the kernel mixes the bytes into its entropy pool and wipes them. Older kernels skip what they do not know.
    private static ulong PlaceRandomSeed(BootMemory memory, ReadOnlySpan<byte> seed)
    {
        byte[] data = new byte[16 + seed.Length];
        Write32(data, 8, RandomSeedType);
        Write32(data, 12, (uint)seed.Length);
        seed.CopyTo(data.AsSpan(16));
        ulong at = memory.TakeLow("the random seed", (ulong)data.Length);
        memory.Write(at, data);
        return at;
    }

    private static void WriteMemory(byte[] page, MemoryMap map)
    {
        uint extendedKiB = (uint)((map.LowBytes - MemoryMap.OneMiB) >> 10);
        Write16(page, 0x002, (ushort)Math.Min(extendedKiB, 0xFC00)); // ext_mem_k: what INT 15h AH=88h would say
        Write32(page, 0x1E0, extendedKiB); // alt_mem_k
        int count = Math.Min(map.Entries.Count, MaxMapEntries);
        page[0x1E8] = (byte)count;
        for (int i = 0; i < count; i++)
        {
            MemoryMapEntry entry = map.Entries[i];
            int offset = 0x2D0 + (i * 20);
            Write64(page, offset, entry.Start);
            Write64(page, offset + 8, entry.Length);
            Write32(page, offset + 16, (uint)entry.Kind);
        }
    }

    private static void Write16(byte[] page, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(offset), value);

    private static void Write32(byte[] page, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(offset), value);

    private static void Write64(byte[] page, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(offset), value);
}

/// <summary>The command line in guest memory: bytes, then a zero.</summary>
internal static class CommandLine
{
    /// <summary>Places the line in low memory; returns its address.</summary>
    public static ulong Place(BootMemory memory, string line, int maxBytes)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(line) + 1];
        _ = Encoding.UTF8.GetBytes(line, bytes);
        if (bytes.Length - 1 > maxBytes)
        {
            throw new BootException($"the command line has {bytes.Length - 1} bytes, but this kernel takes {maxBytes}; make it shorter");
        }

        if (line.Contains('\0', StringComparison.Ordinal))
        {
            throw new BootException("the command line holds a zero character; remove it");
        }

        ulong at = memory.TakeLow("the command line", (ulong)bytes.Length);
        memory.Write(at, bytes);
        return at;
    }
}
