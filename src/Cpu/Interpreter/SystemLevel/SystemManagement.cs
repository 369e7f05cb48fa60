using System;
using System.Buffers.Binary;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// System-management mode (Intel SDM vol. 3C chapter 31): entry by an SMI between two instructions, and RSM. The board is told, so that it shows the
/// memory of this mode. Not modelled: restart of I/O instructions, INIT held back.
/// </summary>
internal static class SystemManagement
{
    /// <summary>SMBASE after reset.</summary>
    internal const uint ResetBase = 0x3_0000;

    private const uint EntryPoint = 0x8000;
    private const uint Outside = 0;
    private const uint Inside = 1;

    // An NMI handler was interrupted: NMIs stay blocked behind RSM.
    private const uint InsideNmi = 2;
    private const ulong ResetDr7 = 0x400;

    /// <summary>Takes the waiting SMI.</summary>
    internal static void Enter(InterpreterCore c)
    {
        ref VcpuRecord s = ref c.S;
        Span<byte> bytes = stackalloc byte[ManagementArea.Length];
        new ManagementArea(bytes).Save(c, s.Activity == VcpuActivity.Halted);
        s.SmiPending = 0;
        s.SystemManagement = s.NmiBlocked != 0 ? InsideNmi : Inside;
        s.NmiBlocked = 1;
        s.Activity = VcpuActivity.Running;
        c.Bus.SetSystemManagement(true);
        ulong at = (uint)(s.SmBase + ManagementArea.Start);
        for (int i = 0; i < bytes.Length; i += sizeof(ulong))
        {
            c.Memory.Slow.WritePhysical((at + (ulong)i) & c.Space.CpuAddressMask, sizeof(ulong), BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]));
        }

        if (ManagementArea.IsWide(c.Model))
        {
            s.Efer = 0;
        }

        s.Cr0 &= ~(Cr0.PE | Cr0.EM | Cr0.TS | Cr0.PG);
        s.Cr4 = 0;
        s.Dr[7] = ResetDr7;
        c.Rflags = 0;
        c.Rip = EntryPoint;
        SegmentState flat = new() { Limit = uint.MaxValue, Attributes = Attr.Present | Attr.NotSystem | Attr.Writable | Attr.Accessed | Attr.Granular };
        for (int i = 0; i < 6; i++)
        {
            s.Segment[i] = flat;
        }

        s.Segment[Seg.CS].Selector = (ushort)(s.SmBase >> 4);
        s.Segment[Seg.CS].Base = s.SmBase;
        Derive(c, cpl: 0);
        c.Unattend(Attention.Inactive | Attention.Management);
    }

    /// <summary>RSM. False: an exception was raised and nothing changed.</summary>
    internal static bool Resume(InterpreterCore c)
    {
        ref VcpuRecord s = ref c.S;
        if (s.SystemManagement == Outside)
        {
            return Privilege.Fault(c, Vector.UD);
        }

        Span<byte> bytes = stackalloc byte[ManagementArea.Length];
        ulong at = (uint)(s.SmBase + ManagementArea.Start);
        for (int i = 0; i < bytes.Length; i += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[i..], c.Memory.Slow.ReadPhysical((at + (ulong)i) & c.Space.CpuAddressMask, sizeof(ulong)));
        }

        bool isPossible = new ManagementArea(bytes).Restore(c, out bool halts);
        s.NmiBlocked = s.SystemManagement == InsideNmi ? 1u : 0;
        s.SystemManagement = Outside;
        s.InterruptShadow = 0;
        s.Activity = !isPossible ? VcpuActivity.Shutdown : halts ? VcpuActivity.Halted : VcpuActivity.Running;
        if (!isPossible)
        {
            // Such a state shuts the processor down; what is left is one that can be looked at.
            s.Cr0 &= ~(Cr0.PG | Cr0.PE | Cr0.NW);
            s.Cr4 = 0;
            s.Efer = 0;
            c.SystemFlags &= ~(ulong)RFlags.VM;
        }

        bool isProtected = c.IsProtected;
        Derive(c, c.IsVirtual8086 ? (byte)3 : isProtected ? (byte)Attr.Dpl(s.Segment[Seg.SS].Attributes) : (byte)0);
        c.Bus.SetSystemManagement(false);
        if (s.Activity != VcpuActivity.Running)
        {
            c.Attend(Attention.Inactive);
        }

        if (s.NmiPending != 0)
        {
            c.Attend(Attention.Nmi);
        }

        if (s.SmiPending != 0)
        {
            c.Attend(Attention.Management);
        }

        c.LeaveBlock();
        return true;
    }

    private static void Derive(InterpreterCore c, byte cpl)
    {
        c.Cpl = cpl;
        SegmentRegisters.DeriveAll(c);
        DebugTraps.WatchDataAsTold(c);
        DebugTraps.UpdateAttention(c);
        c.Memory.FlushAll();
    }
}
