using System;
using System.Buffers.Binary;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Paging;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Memory;

/// <summary>
/// The whole way of a memory access: canonical check, page walk, then RAM, ROM, a hole or device registers. Accesses across two pages translate both
/// before they touch either. Fills the TLB on the way.
/// </summary>
internal sealed unsafe class SlowMemory
{
    private readonly InterpreterCore _core;
    private PageTables _tables;

    internal SlowMemory(InterpreterCore core)
    {
        _core = core;
        _tables = new PageTables(core.Space);
    }

    /// <summary>What a walk depends on now.</summary>
    internal PagingContext Context => new(
        _core.S.Cr0,
        _core.S.Cr3,
        _core.S.Cr4,
        _core.S.Efer,
        _core.Model.PhysicalAddressBits,
        _core.Model.Has(CpuFeatures.Page1Gb),
        (_core.SystemFlags & (ulong)RFlags.AC) != 0 && _core.Cpl < 3);

    /// <summary>Whether bits 63:47 are all equal.</summary>
    internal static bool IsCanonical(ulong linear) => (ulong)((long)(linear << 16) >> 16) == linear;

    /// <summary>Raises #SS(0); returns false.</summary>
    internal static bool RaiseStackFault(InterpreterCore core)
    {
        core.Raise(Vector.SS);
        return false;
    }

    internal bool TryRead(ulong linear, int size, bool user, out ulong value)
    {
        value = 0;
        if (!TryResolve(linear, size, PageAccess.Read, user, out ulong first, out ulong second, out int inFirst))
        {
            return false;
        }

        if (inFirst == size)
        {
            value = ReadPhysical(first, size);
            return true;
        }

        for (int i = 0; i < size; i++)
        {
            ulong at = i < inFirst ? first + (ulong)i : second + (ulong)(i - inFirst);
            value |= ReadPhysical(at, 1) << (8 * i);
        }

        return true;
    }

    internal bool TryWrite(ulong linear, int size, bool user, ulong value)
    {
        if (!TryResolve(linear, size, PageAccess.Write, user, out ulong first, out ulong second, out int inFirst))
        {
            return false;
        }

        if (inFirst == size)
        {
            WritePhysical(first, size, value);
            return true;
        }

        for (int i = 0; i < size; i++)
        {
            ulong at = i < inFirst ? first + (ulong)i : second + (ulong)(i - inFirst);
            WritePhysical(at, 1, (value >> (8 * i)) & 0xFF);
        }

        return true;
    }

    internal bool TryProbeWrite(ulong linear, int size, bool user) =>
        TryResolve(linear, size, PageAccess.Write, user, out _, out _, out _);

    internal bool TryReadBytes(ulong linear, Span<byte> to, bool user)
    {
        if (!TryResolve(linear, to.Length, PageAccess.Read, user, out ulong first, out ulong second, out int inFirst))
        {
            return false;
        }

        ReadPhysicalBytes(first, to[..inFirst]);
        ReadPhysicalBytes(second, to[inFirst..]);
        return true;
    }

    internal bool TryWriteBytes(ulong linear, ReadOnlySpan<byte> from, bool user)
    {
        if (!TryResolve(linear, from.Length, PageAccess.Write, user, out ulong first, out ulong second, out int inFirst))
        {
            return false;
        }

        WritePhysicalBytes(first, from[..inFirst]);
        WritePhysicalBytes(second, from[inFirst..]);
        return true;
    }

    /// <summary>Translates without side effects, for the debugger and reports: supervisor read.</summary>
    internal bool TryPeek(ulong linear, out ulong physical)
    {
        bool found = PageWalker.TryWalk(ref _tables, Context with { AccessControl = true }, linear, PageAccess.Read, user: false, mark: false, out PageTranslation page, out _);
        physical = page.Physical & _core.Space.CpuAddressMask;
        return found;
    }

    /// <summary>Guest-physical address (after the A20 mask) of one byte; raises the fault and fills the TLB.</summary>
    internal bool TryTranslate(ulong linear, PageAccess access, bool user, out ulong physical)
    {
        physical = 0;
        if (_core.IsLongMode && !IsCanonical(linear))
        {
            _core.Raise(Vector.GP);
            return false;
        }

        PagingContext context = Context;
        if (!PageWalker.TryWalk(ref _tables, context, linear, access, user, mark: true, out PageTranslation page, out uint errorCode))
        {
            _core.RaisePageFault(linear, errorCode);
            return false;
        }

        physical = page.Physical & _core.Space.CpuAddressMask;
        Fill(linear, physical, page, access, user, context);
        return true;
    }

    internal ulong ReadPhysical(ulong physical, int size)
    {
        FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
        if (range?.Ram is null || physical + (ulong)size > range.Start.Value + range.Length)
        {
            return range is { Kind: RegionKind.Mmio } ? _core.Bus.ReadMmio(new Gpa(physical), (AccessSize)size) : ReadPieces(physical, size, range);
        }

        ReadOnlySpan<byte> bytes = range.Ram.Read(range.Offset + (long)(physical - range.Start.Value), size);
        return size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
    }

    internal void WritePhysical(ulong physical, int size, ulong value)
    {
        FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
        if (range is { TakesWrites: true })
        {
            _core.Bus.WriteMmio(new Gpa(physical), (AccessSize)size, value);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        WritePhysicalBytes(physical, bytes[..size]);
    }

    private ulong ReadPieces(ulong physical, int size, FlatRange? range)
    {
        if (size == 1 || range is null)
        {
            return ((AccessSize)size).AllOnes();
        }

        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= ReadPhysical(physical + (ulong)i, 1) << (8 * i);
        }

        return value;
    }

    private void ReadPhysicalBytes(ulong physical, Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
            int run = 1;
            if (range?.Ram is { } ram)
            {
                ulong offset = physical - range.Start.Value;
                run = (int)Math.Min((ulong)to.Length, range.Length - offset);
                ram.Read(range.Offset + (long)offset, run).CopyTo(to);
            }
            else
            {
                to[0] = (byte)ReadPhysical(physical, 1);
            }

            to = to[run..];
            physical += (ulong)run;
        }
    }

    private void WritePhysicalBytes(ulong physical, ReadOnlySpan<byte> from)
    {
        while (!from.IsEmpty)
        {
            FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
            int run = 1;
            if (range is { Kind: RegionKind.Ram, Ram: { } ram })
            {
                ulong offset = physical - range.Start.Value;
                run = (int)Math.Min((ulong)from.Length, range.Length - offset);
                ram.Write(range.Offset + (long)offset, from[..run]);
            }
            else if (range is { TakesWrites: true })
            {
                _core.Bus.WriteMmio(new Gpa(physical), AccessSize.Byte, from[0]);
            }

            from = from[run..];
            physical += (ulong)run;
        }
    }

    private bool TryResolve(ulong linear, int size, PageAccess access, bool user, out ulong first, out ulong second, out int inFirst)
    {
        second = 0;
        inFirst = (int)Math.Min((ulong)size, 0x1000 - (linear & 0xFFF));
        if (!TryTranslate(linear, access, user, out first))
        {
            return false;
        }

        if (user && _core.Memory.ChecksAlignment && (linear & (ulong)(AlignmentOf(size) - 1)) != 0)
        {
            _core.Raise(Vector.AC);
            return false;
        }

        if (_core.WatchesData)
        {
            DebugTraps.NoteData(_core, linear, size, access == PageAccess.Write);
        }

        if (inFirst == size)
        {
            return true;
        }

        ulong next = linear + (ulong)inFirst;
        return TryTranslate(_core.IsLongMode ? next : (uint)next, access, user, out second);
    }

    // Natural alignment; 80-bit values ask for 8 bytes, longer images have rules of their own (Intel SDM vol. 3A table 6-7).
    private static int AlignmentOf(int size) => size switch
    {
        2 or 4 or 8 => size,
        10 => 8,
        _ => 1,
    };

    // SAFETY: the addend is formed from a live RAM mapping; TLBs are flushed when the address space changes.
    private void Fill(ulong linear, ulong physical, in PageTranslation page, PageAccess access, bool user, in PagingContext context)
    {
        FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
        ulong linearPage = linear & ~0xFFFUL;
        ulong physicalPage = physical & ~0xFFFUL;
        bool currentView = user == (_core.Cpl == 3);
        if (range?.Ram is not { } ram || !currentView || _core.Memory.ChecksAlignment || (_core.WatchesData && access != PageAccess.Execute)
            || physicalPage < range.Start.Value || physicalPage + 0xFFF > range.Start.Value + (range.Length - 1))
        {
            return;
        }

        long offset = range.Offset + (long)(physicalPage - range.Start.Value);
        SoftTlb tlb = _core.Memory.Tlb;
        TlbEntry* entry = tlb.At(linear);
        ulong mark = (page.Global ? 1UL : 0) | (page.PageBits > 12 ? 2UL : 0);
        if (entry->Physical != (physicalPage | mark) || (entry->ReadTag != linearPage && entry->ExecuteTag != linearPage))
        {
            entry->ReadTag = TlbEntry.NoTag;
            entry->WriteTag = TlbEntry.NoTag;
            entry->ExecuteTag = TlbEntry.NoTag;
            entry->Physical = physicalPage | mark;
            entry->Addend = ram.Base.Value + (nint)offset - (nint)linearPage;
        }

        if (page.PageBits is > 12 and < 32)
        {
            tlb.NoteLargePage(linear, page.PageBits);
        }

        tlb.NoteFill();
        if (access == PageAccess.Execute)
        {
            entry->ExecuteTag = linearPage;
            return;
        }

        entry->ReadTag = linearPage;
        bool mayWrite = page.Writable || (!user && (context.Cr0 & Cr0.WP) == 0);
        if (access == PageAccess.Write && range.Kind == RegionKind.Ram && mayWrite && page.Dirty
            && (ram.GetMarks(offset >> 12) & PageMarks.Code) == 0)
        {
            ram.SetMarks(offset >> 12, PageMarks.Written);
            entry->WriteTag = linearPage;
        }
    }

    /// <summary>Page tables in guest-physical memory.</summary>
    private readonly struct PageTables(GuestPhysicalSpace space) : IPageTableMemory
    {
        public uint Read32(ulong physical) =>
            Locate(physical, 4, out GuestRam? ram, out long offset) ? BinaryPrimitives.ReadUInt32LittleEndian(ram!.Read(offset, 4)) : uint.MaxValue;

        public ulong Read64(ulong physical) =>
            Locate(physical, 8, out GuestRam? ram, out long offset) ? BinaryPrimitives.ReadUInt64LittleEndian(ram!.Read(offset, 8)) : ulong.MaxValue;

        public void SetBits(ulong physical, uint bits)
        {
            if (!Locate(physical, 4, out GuestRam? ram, out long offset))
            {
                return;
            }

            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, BinaryPrimitives.ReadUInt32LittleEndian(ram!.Read(offset, 4)) | bits);
            ram.Write(offset, bytes);
        }

        private bool Locate(ulong physical, int size, out GuestRam? ram, out long offset)
        {
            physical &= space.CpuAddressMask;
            FlatRange? range = space.Map.Find(new Gpa(physical));
            ram = range?.Ram;
            offset = ram is null ? 0 : range!.Offset + (long)(physical - range.Start.Value);
            return ram is not null && physical + (ulong)size <= range!.Start.Value + range.Length;
        }
    }
}
