using System;
using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Machine.Tests.Smp;

/// <summary>
/// A kernel for several processors. The first starts the others by INIT and start-up IPI; then each goes its rounds: a counter under a spinlock, a locked
/// counter, time-stamps compared across processors, code that one processor writes and the next one runs, fixed IPIs to the next processor,
/// an APIC timer of its own, and now and then HLT. What is typed at COM1 goes to the second processor. What is counted wrong is counted too.
/// </summary>
internal static class SmpGuest
{
    /// <summary>Where the counters stand: see <see cref="Counter"/>.</summary>
    public const uint Counters = 0x20_3000;

    private const uint CodeAt = 0x10_0020;
    private const uint Gdt = 0x20_0000;
    private const uint Idt = 0x20_1000;
    private const uint Pointers = 0x8F00;
    private const uint Trampoline = 0x8000;
    private const uint Stacks = 0x21_0000;
    private const uint LocalApic = 0xFEE0_0000;
    private const uint IpiVector = 0x41;
    private const uint TimerVector = 0x42;
    private const uint SerialVector = 0x43;
    private const uint IoApic = 0xFEC0_0000;
    private const ushort Com1 = 0x3F8;

    /// <summary>The counters, as offsets.</summary>
    public enum Counter : uint
    {
        Alive = 0x00,
        Lock = 0x40,
        UnderLock = 0x80,
        Locked = 0xC0,
        LastTimestamp = 0x100,
        Backwards = 0x140,
        Expected = 0x180,
        Stale = 0x1C0,
        Ipis = 0x200,
        Sent = 0x240,
        Ticks = 0x280,
        Done = 0x2C0,
        Typed = 0x300,
    }

    /// <summary>The kernel as a multiboot image; it leaves with byte 0 when all counters are right, else 1.</summary>
    /// <param name="processors">How many processors are to be waited for.</param>
    /// <param name="rounds">Rounds of each processor.</param>
    /// <param name="timerCount">Initial count of each processor's APIC timer.</param>
    public static byte[] Image(int processors, uint rounds, uint timerCount)
    {
        // The second pass knows where the first put the labels.
        uint[] labels = new uint[5];
        _ = Assemble(processors, rounds, timerCount, labels);
        return TinyGuest.Image(Assemble(processors, rounds, timerCount, labels));
    }

    /// <summary>A counter of a machine that runs it.</summary>
    public static uint Read(VirtualMachine machine, Counter counter) =>
        BitConverter.ToUInt32(machine.Hardware.Ram.Read(Counters + (uint)counter, 4));

    private static byte[] Assemble(int processors, uint rounds, uint timerCount, uint[] known)
    {
        Assembler a = new(32);
        Label application = a.CreateLabel();
        Label ipi = a.CreateLabel();
        Label tick = a.CreateLabel();
        Label patch = a.CreateLabel();
        Label typed = a.CreateLabel();
        a.mov(esp, Stacks);
        PrepareTables(a, known);
        a.mov(__dword_ptr[LocalApic + 0xF0], 0x1FF);
        a.mov(__dword_ptr[LocalApic + 0x300], 0xC_4500); // INIT to all others
        a.mov(__dword_ptr[LocalApic + 0x300], 0xC_4600 | (Trampoline >> 12));
        a.mov(__dword_ptr[LocalApic + 0x300], 0xC_4600 | (Trampoline >> 12)); // the second is not needed, and ignored

        a.Label(ref application);
        a.mov(ax, 0x18);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(ebx, __dword_ptr[LocalApic + 0x20]);
        a.shr(ebx, 24);
        a.mov(esp, ebx);
        a.shl(esp, 12);
        a.add(esp, Stacks + 0x1000);
        a.lidt(__[Pointers + 8]);
        a.mov(__dword_ptr[LocalApic + 0xF0], 0x1FF);
        a.mov(__dword_ptr[LocalApic + 0x3E0], 0xB);
        a.mov(__dword_ptr[LocalApic + 0x320], 0x2_0000 | TimerVector);
        a.mov(__dword_ptr[LocalApic + 0x380], timerCount);
        a.@lock.inc(At(Counter.Alive));
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.pause();
        a.cmp(At(Counter.Alive), processors);
        a.jb(wait);
        Label ready = a.CreateLabel();
        a.test(ebx, ebx);
        a.jne(ready);
        ListenToSerialPort(a);
        a.Label(ref ready);
        a.sti();
        Rounds(a, processors, rounds, known[3]);
        Leave(a, processors, rounds);

        Handler(a, ref ipi, Counter.Ipis);
        Handler(a, ref tick, Counter.Ticks);
        a.Label(ref typed);
        a.push(eax);
        a.push(edx);
        a.mov(dx, Com1);
        a.xor(eax, eax);
        a.@in(al, dx);
        a.add(At(Counter.Typed), eax);
        a.mov(__dword_ptr[LocalApic + 0xB0], 0);
        a.pop(edx);
        a.pop(eax);
        a.iretd();
        a.Label(ref patch);
        a.mov(eax, 0);
        a.ret();
        using MemoryStream code = new();
        AssemblerResult result = a.Assemble(new StreamCodeWriter(code), CodeAt, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Label[] labels = [application, ipi, tick, patch, typed];
        for (int i = 0; i < labels.Length; i++)
        {
            known[i] = (uint)result.GetLabelRIP(labels[i]);
        }

        return code.ToArray();
    }

    private static void Rounds(Assembler a, int processors, uint rounds, uint patch)
    {
        Label round = a.CreateLabel();
        Label take = a.CreateLabel();
        Label taken = a.CreateLabel();
        Label inOrder = a.CreateLabel();
        Label fresh = a.CreateLabel();
        Label noIpi = a.CreateLabel();
        Label wraps = a.CreateLabel();
        Label awake = a.CreateLabel();
        a.xor(ebp, ebp);
        a.Label(ref round);
        a.@lock.inc(At(Counter.Locked));

        // Interrupts off inside the lock: a handler must not hold it up.
        a.cli();
        a.Label(ref take);
        a.mov(eax, 1);
        a.xchg(At(Counter.Lock), eax);
        a.test(eax, eax);
        a.je(taken);
        a.pause();
        a.jmp(take);
        a.Label(ref taken);
        a.inc(At(Counter.UnderLock));
        a.rdtsc();
        a.cmp(eax, At(Counter.LastTimestamp));
        a.jae(inOrder);
        a.inc(At(Counter.Backwards));
        a.Label(ref inOrder);
        a.mov(At(Counter.LastTimestamp), eax);
        a.mov(ecx, patch);
        a.call(ecx);
        a.cmp(eax, At(Counter.Expected));
        a.je(fresh);
        a.inc(At(Counter.Stale));
        a.Label(ref fresh);
        a.lea(eax, __[ebx + (ebp * 8)]);
        a.mov(__dword_ptr[patch + 1], eax);
        a.mov(At(Counter.Expected), eax);
        a.mov(At(Counter.Lock), 0);
        a.sti();

        a.test(ebp, 0x1F);
        a.jne(noIpi);
        a.@lock.inc(At(Counter.Sent));
        a.lea(eax, __[ebx + 1]);
        a.cmp(eax, processors);
        a.jb(wraps);
        a.xor(eax, eax);
        a.Label(ref wraps);
        a.shl(eax, 24);
        a.cli(); // both halves of the command are this code's
        a.mov(__dword_ptr[LocalApic + 0x310], eax);
        a.mov(__dword_ptr[LocalApic + 0x300], 0x4000 | IpiVector);
        a.sti();
        a.Label(ref noIpi);
        a.lea(eax, __[ebp + ebx]);
        a.test(eax, 0x3F);
        a.jne(awake);
        a.hlt();
        a.Label(ref awake);
        a.inc(ebp);
        a.cmp(ebp, rounds);
        a.jb(round);
        a.@lock.inc(At(Counter.Done));
    }

    // The boot processor waits for the others and compares; the others sleep.
    private static void Leave(Assembler a, int processors, uint rounds)
    {
        Label sleep = a.CreateLabel();
        Label wait = a.CreateLabel();
        Label wrong = a.CreateLabel();
        Label leave = a.CreateLabel();
        a.test(ebx, ebx);
        a.jne(sleep);
        a.Label(ref wait);
        a.pause();
        a.cmp(At(Counter.Done), processors);
        a.jb(wait);
        a.mov(ecx, 1);
        foreach ((Counter counter, uint value) in new[]
        {
            (Counter.UnderLock, rounds * (uint)processors), (Counter.Locked, rounds * (uint)processors), (Counter.Backwards, 0u), (Counter.Stale, 0u),
        })
        {
            a.cmp(At(counter), value);
            a.jne(wrong);
        }

        a.xor(ecx, ecx);
        a.Label(ref wrong);
        a.mov(eax, ecx);
        a.mov(dx, 0xF4);
        a.@out(dx, al);
        a.Label(ref sleep);
        a.hlt();
        a.jmp(sleep);
        a.Label(ref leave);
        a.nop();
    }

    // Interrupt 4 to the second processor; the receiver's interrupt on.
    private static void ListenToSerialPort(Assembler a)
    {
        foreach ((uint register, uint value) in new (uint, uint)[] { (0x19, 1u << 24), (0x18, SerialVector) })
        {
            a.mov(__dword_ptr[IoApic], register);
            a.mov(__dword_ptr[IoApic + 0x10], value);
        }

        foreach ((ushort port, byte value) in new (ushort, byte)[] { (Com1 + 4, 0x0B), (Com1 + 1, 1) })
        {
            a.mov(dx, port);
            a.mov(al, value);
            a.@out(dx, al);
        }
    }

    private static void PrepareTables(Assembler a, uint[] known)
    {
        Store(a, Gdt + 8, 0x00CF_9B00_0000_FFFF);
        Store(a, Gdt + 16, 0x00CF_9B00_0000_FFFF); // the selectors that the loader starts with
        Store(a, Gdt + 24, 0x00CF_9300_0000_FFFF);
        a.mov(__word_ptr[Pointers], 0x1F);
        a.mov(__dword_ptr[Pointers + 2], Gdt);
        a.mov(__word_ptr[Pointers + 8], 0x3FF);
        a.mov(__dword_ptr[Pointers + 10], Idt);
        a.lgdt(__[Pointers]);
        Gate(a, IpiVector, known[1]);
        Gate(a, TimerVector, known[2]);
        Gate(a, SerialVector, known[4]);
        byte[] realMode =
        [
            0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x0F, 0x01, 0x16, 0x00, 0x8F, // cli; ds = 0; lgdt [8F00]
            0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, 0xC0, 0x66, 0xEA, // protected mode; jmp 8:application
            (byte)known[0], (byte)(known[0] >> 8), (byte)(known[0] >> 16), (byte)(known[0] >> 24), 0x08, 0x00,
        ];
        for (int i = 0; i < realMode.Length; i++)
        {
            a.mov(__byte_ptr[Trampoline + (uint)i], realMode[i]);
        }
    }

    private static AssemblerMemoryOperand At(Counter counter) => __dword_ptr[Counters + (uint)counter];

    private static void Store(Assembler a, uint at, ulong value)
    {
        a.mov(__dword_ptr[at], (uint)value);
        a.mov(__dword_ptr[at + 4], (uint)(value >> 32));
    }

    private static void Gate(Assembler a, uint vector, uint handler) =>
        Store(a, Idt + (vector * 8), (handler & 0xFFFF) | 0x8E00_0008_0000UL | ((ulong)(handler >> 16) << 48));

    private static void Handler(Assembler a, ref Label label, Counter counter)
    {
        a.Label(ref label);
        a.@lock.inc(At(counter));
        a.mov(__dword_ptr[LocalApic + 0xB0], 0);
        a.iretd();
    }
}
