using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot;

/// <summary>Descriptor table, page tables and stack that a boot image starts on, in low memory.</summary>
internal static class BootTables
{
    /// <summary>Linux calls it __BOOT_CS.</summary>
    public const ushort CodeSelector = 0x10;

    /// <summary>Linux calls it __BOOT_DS.</summary>
    public const ushort DataSelector = 0x18;

    public const int GdtBytes = 0x28;

    private const int EntriesPerTable = 512;
    private const int DirectoryTables = 4;
    private const ulong PresentWritable = 3;
    private const ulong LargePage = 1 << 7;

    /// <summary>Writes a GDT: null, null, flat code, flat data, a task segment.</summary>
    public static ulong PlaceGdt(BootMemory memory, bool longMode)
    {
        ReadOnlySpan<ulong> entries = [0, 0, longMode ? 0x00AF_9B00_0000_FFFFUL : 0x00CF_9B00_0000_FFFFUL, 0x00CF_9300_0000_FFFFUL, 0x0000_8900_0000_0067];
        Span<byte> bytes = stackalloc byte[GdtBytes];
        for (int i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * 8)..], entries[i]);
        }

        ulong at = memory.TakeLow("the descriptor table", GdtBytes);
        memory.Write(at, bytes);
        return at;
    }

    /// <summary>Writes page tables that map the first 4 GiB to themselves in 2 MiB pages; returns the root.</summary>
    public static ulong PlaceIdentityMap(BootMemory memory)
    {
        byte[] tables = new byte[(2 + DirectoryTables) * 4096];
        ulong at = memory.TakeLow("the page tables", (ulong)tables.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(tables, (at + 0x1000) | PresentWritable);
        for (int i = 0; i < DirectoryTables; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(tables.AsSpan(0x1000 + (i * 8)), (at + 0x2000 + ((ulong)i * 0x1000)) | PresentWritable);
        }

        for (int i = 0; i < DirectoryTables * EntriesPerTable; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(tables.AsSpan(0x2000 + (i * 8)), ((ulong)i << 21) | LargePage | PresentWritable);
        }

        memory.Write(at, tables);
        return at;
    }

    /// <summary>Takes a page of stack; returns its top.</summary>
    public static ulong PlaceStack(BootMemory memory)
    {
        const ulong StackBytes = 0x1000;
        return memory.TakeLow("the boot stack", StackBytes) + StackBytes;
    }
}
