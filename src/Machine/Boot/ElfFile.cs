using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Doppel.Machine.Boot;

/// <summary>One PT_LOAD segment.</summary>
/// <param name="Offset">Where its bytes stand in the file.</param>
/// <param name="PhysicalAddress">Where they go.</param>
/// <param name="FileBytes">How many stand in the file.</param>
/// <param name="MemoryBytes">How many it takes; the rest is zeroed.</param>
internal readonly record struct ElfSegment(int Offset, ulong PhysicalAddress, int FileBytes, ulong MemoryBytes);

/// <summary>An executable ELF file for i386 or x86-64 (System V ABI, chapters 4 and 5), checked: every segment lies inside the file.</summary>
internal sealed class ElfFile
{
    private const int MaxProgramHeaders = 128;
    private const uint LoadSegment = 1;
    private const uint NoteSegment = 4;
    private const uint XenPhys32Entry = 18; // XEN_ELFNOTE_PHYS32_ENTRY: xen/include/public/elfnote.h

    private readonly List<ElfSegment> _segments = [];
    private UInt128 _memoryBytes;

    /// <summary>Reads the headers.</summary>
    /// <exception cref="BootException">The file is damaged or for another machine.</exception>
    public ElfFile(ReadOnlySpan<byte> file)
    {
        Is64 = file.Length > 4 && file[4] == 2;
        int headerBytes = Is64 ? 64 : 52;
        if (!Recognises(file) || file.Length < headerBytes || file[4] is not (1 or 2))
        {
            throw Damaged("its header is cut off or wrong");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(file[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]);
        if (file[5] != 1 || machine != (Is64 ? 62 : 3))
        {
            throw new BootException("the ELF kernel is not for i386 or x86-64; use a kernel built for a PC");
        }

        if (type != 2)
        {
            throw new BootException("the ELF file is not an executable (type EXEC); use the linked kernel");
        }

        Entry = Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(file[24..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[24..]);
        ulong tableOffset = Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(file[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[28..]);
        int entryBytes = BinaryPrimitives.ReadUInt16LittleEndian(file[(Is64 ? 54 : 42)..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[(Is64 ? 56 : 44)..]);
        if (count == 0 || count > MaxProgramHeaders || entryBytes < (Is64 ? 56 : 32) || !IsInside(file, tableOffset, (ulong)(count * entryBytes)))
        {
            throw Damaged("its program headers are cut off or wrong");
        }

        for (int i = 0; i < count; i++)
        {
            ReadProgramHeader(file, file.Slice((int)tableOffset + (i * entryBytes), entryBytes));
        }

        if (_segments.Count == 0)
        {
            throw Damaged("it has nothing to load");
        }

        if (_memoryBytes > End - Start)
        {
            throw Damaged("its segments overlap");
        }
    }

    public bool Is64 { get; }

    public ulong Entry { get; }

    public IReadOnlyList<ElfSegment> Segments => _segments;

    /// <summary>32-bit entry point of the PVH protocol, if the file names one.</summary>
    public uint? PvhEntry { get; private set; }

    /// <summary>Lowest address that a segment takes.</summary>
    public ulong Start { get; private set; } = ulong.MaxValue;

    /// <summary>First address after all segments.</summary>
    public ulong End { get; private set; }

    public static bool Recognises(ReadOnlySpan<byte> file) => file.StartsWith("\u007fELF"u8);

    /// <summary>Takes the segments' places and fills them.</summary>
    public void Load(ReadOnlySpan<byte> file, BootMemory memory)
    {
        memory.Take("the kernel", Start, End - Start);
        foreach (ElfSegment segment in _segments)
        {
            memory.Write(segment.PhysicalAddress, file.Slice(segment.Offset, segment.FileBytes));
            memory.Zero(segment.PhysicalAddress + (ulong)segment.FileBytes, segment.MemoryBytes - (ulong)segment.FileBytes);
        }
    }

    private static BootException Damaged(string how) => new($"the ELF kernel is damaged: {how}; get a good copy");

    private static bool IsInside(ReadOnlySpan<byte> file, ulong offset, ulong length) => offset <= (ulong)file.Length && length <= (ulong)file.Length - offset;

    private void ReadProgramHeader(ReadOnlySpan<byte> file, ReadOnlySpan<byte> header)
    {
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
        ulong Field(ReadOnlySpan<byte> from, int at64, int at32) =>
            Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(from[at64..]) : BinaryPrimitives.ReadUInt32LittleEndian(from[at32..]);
        ulong offset = Field(header, 8, 4);
        ulong physical = Field(header, 24, 12);
        ulong fileBytes = Field(header, 32, 16);
        ulong memoryBytes = Field(header, 40, 20);
        if (type is not (LoadSegment or NoteSegment))
        {
            return;
        }

        if (!IsInside(file, offset, fileBytes))
        {
            throw Damaged("a segment leaves the file");
        }

        if (type == NoteSegment)
        {
            ReadNotes(file.Slice((int)offset, (int)fileBytes));
        }
        else if (memoryBytes != 0)
        {
            if (memoryBytes < fileBytes || physical > ulong.MaxValue - memoryBytes)
            {
                throw Damaged("a segment has impossible sizes");
            }

            _segments.Add(new ElfSegment((int)offset, physical, (int)fileBytes, memoryBytes));
            _memoryBytes += memoryBytes;
            Start = Math.Min(Start, physical);
            End = Math.Max(End, physical + memoryBytes);
        }
    }

    private void ReadNotes(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            uint nameBytes = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint dataBytes = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong dataAt = 12 + ((nameBytes + 3UL) & ~3UL);
            ulong next = dataAt + ((dataBytes + 3UL) & ~3UL);
            if (dataAt + dataBytes > (ulong)notes.Length)
            {
                return;
            }

            if (type == XenPhys32Entry && dataBytes >= 4 && notes.Slice(12, (int)nameBytes).SequenceEqual("Xen\0"u8))
            {
                PvhEntry = BinaryPrimitives.ReadUInt32LittleEndian(notes[(int)dataAt..]);
            }

            notes = notes[(int)Math.Min(next, (ulong)notes.Length)..];
        }
    }
}
