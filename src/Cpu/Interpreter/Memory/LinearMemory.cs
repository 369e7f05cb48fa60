using System;
using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Memory;

/// <summary>
/// Access to linear memory at the current privilege: a TLB hit is a few instructions, everything else goes to <see cref="SlowMemory"/>.
/// A false result means that an exception was raised and nothing was accessed; the caller returns at once.
/// </summary>
// SAFETY: pointers are the entries of live TLBs (indexes are masked with SoftTlb.Count - 1) and host addresses of pages that those hold.
internal sealed unsafe class LinearMemory : IDisposable
{
    private readonly InterpreterCore _core;
    private readonly SoftTlb _user = new();
    private readonly SoftTlb _supervisor = new();
    private readonly SoftTlb _supervisorSmap = new();

    // Never filled: while alignment is checked, every access takes the slow path.
    private readonly SoftTlb _aligned = new();
    private SoftTlb _current;

    // The entries of _current: one load less on every access.
    private TlbEntry* _entries;

    internal LinearMemory(InterpreterCore core)
    {
        _core = core;
        _current = _supervisor;
        _entries = _current.Entries;
        Slow = new SlowMemory(core);
    }

    /// <summary>Counts changes of translations; decoded blocks re-check their page when it moved.</summary>
    internal uint Epoch { get; private set; } = 1;

    /// <summary>Whether misaligned accesses of this privilege raise #AC (Intel SDM vol. 3A 6.15, interrupt 17).</summary>
    internal bool ChecksAlignment { get; private set; }

    /// <summary>Translation and access without the TLB.</summary>
    internal SlowMemory Slow { get; }

    /// <summary>The TLB of the current privilege.</summary>
    internal SoftTlb Tlb => _current;

    /// <summary>Host address of bytes that the TLB has for reading at the current privilege, or null.</summary>
    // SAFETY: a tag match means that the entry was filled for a RAM or ROM page whose host mapping lives as long as the machine, and the
    // page of the last byte equals the page of the first (other pages have other entries), so all bytes are inside it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* ReadHit<W>(ulong linear)
        where W : struct, IWidth
    {
        TlbEntry* entry = _entries + ((linear >> 12) & (SoftTlb.Count - 1));
        return ((linear + (ulong)((W.Bits / 8) - 1)) & ~0xFFFUL) == entry->ReadTag ? (byte*)((nint)linear + entry->Addend) : null;
    }

    /// <summary>Host address of bytes that the TLB has for writing at the current privilege, or null.</summary>
    // SAFETY: as for ReadHit; write tags are given to writable RAM only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* WriteHit<W>(ulong linear)
        where W : struct, IWidth
    {
        TlbEntry* entry = _entries + ((linear >> 12) & (SoftTlb.Count - 1));
        return ((linear + (ulong)((W.Bits / 8) - 1)) & ~0xFFFUL) == entry->WriteTag ? (byte*)((nint)linear + entry->Addend) : null;
    }

    /// <summary>The value at a host address that a hit gave.</summary>
    // SAFETY: callers pass an address that ReadHit or WriteHit gave within the same guest instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Value<W>(byte* at)
        where W : struct, IWidth => W.Bits switch
        {
            8 => *at,
            16 => *(ushort*)at,
            32 => *(uint*)at,
            _ => *(ulong*)at,
        };

    /// <summary>Stores at a host address that <see cref="WriteHit"/> gave.</summary>
    // SAFETY: as for Value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<W>(byte* at, ulong value)
        where W : struct, IWidth
    {
        switch (W.Bits)
        {
            case 8:
                *at = (byte)value;
                break;
            case 16:
                *(ushort*)at = (ushort)value;
                break;
            case 32:
                *(uint*)at = (uint)value;
                break;
            default:
                *(ulong*)at = value;
                break;
        }
    }

    /// <summary>Reads at the current privilege.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRead<W>(ulong linear, out ulong value)
        where W : struct, IWidth
    {
        byte* at = ReadHit<W>(linear);
        if (at != null)
        {
            value = Value<W>(at);
            return true;
        }

        return Slow.TryRead(linear, W.Bits / 8, IsUser, out value);
    }

    /// <summary>Writes at the current privilege.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryWrite<W>(ulong linear, ulong value)
        where W : struct, IWidth
    {
        byte* at = WriteHit<W>(linear);
        if (at != null)
        {
            Store<W>(at, value);
            return true;
        }

        return Slow.TryWrite(linear, W.Bits / 8, IsUser, value);
    }

    /// <summary>
    /// Reads for a later write to the same place: write permission is checked now, so that <see cref="EndModify"/> cannot fault.
    /// <paramref name="at"/> is the host address, or null when the write must take the slow path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryBeginModify<W>(ulong linear, out ulong value, out byte* at)
        where W : struct, IWidth
    {
        at = WriteHit<W>(linear);
        if (at != null)
        {
            value = Value<W>(at);
            return true;
        }

        value = 0;
        return Slow.TryProbeWrite(linear, W.Bits / 8, IsUser) && Slow.TryRead(linear, W.Bits / 8, IsUser, out value);
    }

    /// <summary>Writes what <see cref="TryBeginModify"/> prepared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndModify<W>(ulong linear, byte* at, ulong value)
        where W : struct, IWidth
    {
        if (at != null)
        {
            Store<W>(at, value);
        }
        else
        {
            _ = Slow.TryWrite(linear, W.Bits / 8, IsUser, value);
        }
    }

    /// <summary>Reads at supervisor privilege whatever CPL is: descriptor tables, task state, stacks of the next level.</summary>
    internal bool TryReadSystem<W>(ulong linear, out ulong value)
        where W : struct, IWidth
    {
        TlbEntry* entry = _supervisor.At(linear);
        return ((linear + (ulong)((W.Bits / 8) - 1)) & ~0xFFFUL) == entry->ReadTag && (_core.S.Cr4 & Cr4.SMAP) == 0
            ? Hit<W>(entry, linear, out value)
            : Slow.TryRead(linear, W.Bits / 8, user: false, out value);
    }

    /// <summary>Writes at supervisor privilege whatever CPL is.</summary>
    internal bool TryWriteSystem<W>(ulong linear, ulong value)
        where W : struct, IWidth => Slow.TryWrite(linear, W.Bits / 8, user: false, value);

    /// <summary>Guest-physical address of code when the TLB has it for execution at the current privilege.</summary>
    // SAFETY: reads one entry of the live TLB.
    internal bool TryExecuteHit(ulong linear, out ulong physical)
    {
        TlbEntry* entry = _entries + ((linear >> 12) & (SoftTlb.Count - 1));
        physical = (entry->Physical & ~0xFFFUL) | (linear & 0xFFF);
        return (linear & ~0xFFFUL) == entry->ExecuteTag;
    }

    /// <summary>Checks that <paramref name="size"/> bytes could be written at the current privilege.</summary>
    internal bool TryProbeWrite(ulong linear, int size) => Slow.TryProbeWrite(linear, size, IsUser);

    /// <summary>Checks that <paramref name="size"/> bytes could be written at supervisor privilege.</summary>
    internal bool TryProbeWriteSystem(ulong linear, int size) => Slow.TryProbeWrite(linear, size, user: false);

    /// <summary>Reads up to 4096 bytes at the current privilege; all or nothing.</summary>
    internal bool TryReadBytes(ulong linear, Span<byte> to) => Slow.TryReadBytes(linear, to, IsUser);

    /// <summary>Writes up to 4096 bytes at the current privilege; all or nothing.</summary>
    internal bool TryWriteBytes(ulong linear, ReadOnlySpan<byte> from) => Slow.TryWriteBytes(linear, from, IsUser);

    /// <summary>CPL, RFLAGS.AC or CR4 changed: chooses the TLB of the new view.</summary>
    internal void PrivilegeChanged()
    {
        ChecksAlignment = _core.Cpl == 3 && (_core.S.Cr0 & Cr0.AM) != 0 && (_core.SystemFlags & (ulong)RFlags.AC) != 0;
        _current = ChecksAlignment ? _aligned
            : _core.Cpl == 3 ? _user
            : (_core.S.Cr4 & Cr4.SMAP) != 0 && (_core.SystemFlags & (ulong)RFlags.AC) == 0 ? _supervisorSmap
            : _supervisor;
        _entries = _current.Entries;
    }

    /// <summary>MOV CR3: drops translations of non-global pages.</summary>
    internal void FlushNonGlobal()
    {
        _user.FlushNonGlobal();
        _supervisor.FlushNonGlobal();
        _supervisorSmap.FlushNonGlobal();
        Epoch++;
    }

    /// <summary>Drops all translations: CR0.PG, CR0.WP, CR4, EFER.NXE changed, or the address space did.</summary>
    internal void FlushAll()
    {
        _user.FlushAll();
        _supervisor.FlushAll();
        _supervisorSmap.FlushAll();
        Epoch++;
    }

    /// <summary>INVLPG.</summary>
    internal void FlushPage(ulong linear)
    {
        _user.FlushPage(linear);
        _supervisor.FlushPage(linear);
        _supervisorSmap.FlushPage(linear);
        Epoch++;
    }

    /// <summary>A physical page got its first decoded code: stores to it must be seen.</summary>
    internal void DropWriters(ulong physicalPage)
    {
        _user.DropWriters(physicalPage);
        _supervisor.DropWriters(physicalPage);
        _supervisorSmap.DropWriters(physicalPage);
    }

    /// <summary>The dirty log was collected: the next store to each page must mark it again.</summary>
    internal void DropAllWriters()
    {
        _user.DropAllWriters();
        _supervisor.DropAllWriters();
        _supervisorSmap.DropAllWriters();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _user.Dispose();
        _supervisor.Dispose();
        _supervisorSmap.Dispose();
        _aligned.Dispose();
    }

    private bool IsUser
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _core.Cpl == 3;
    }

    // SAFETY: the caller matched the tag.
    private static bool Hit<W>(TlbEntry* entry, ulong linear, out ulong value)
        where W : struct, IWidth
    {
        value = Value<W>((byte*)((nint)linear + entry->Addend));
        return true;
    }
}
