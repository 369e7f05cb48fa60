using System;
using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Machine.Tests;

/// <summary>
/// A kernel that keeps every clock of the machine at work: interrupts of the 8254 through the 8259 pair, of the local APIC's timer and of the
/// real-time clock, x87 arithmetic, string moves and now and then HLT. All of it leaves its traces in memory.
/// </summary>
internal static class InterruptGuest
{
    private const uint CodeAt = 0x10_0020;
    private const uint Gdt = 0x20_0000;
    private const uint Idt = 0x20_1000;
    private const uint Pointers = 0x20_2000;
    private const uint Counters = 0x20_3000;
    private const uint Stack = 0x20_8000;
    private const uint LocalApic = 0xFEE0_0000;

    /// <summary>The kernel as a multiboot image.</summary>
    /// <param name="pitCount">Initial count of the 8254's counter 0, in mode 2.</param>
    /// <param name="apicCount">Initial count of the periodic APIC timer, at one count a nanosecond.</param>
    public static byte[] Image(ushort pitCount, uint apicCount)
    {
        // The second pass knows where the first put the handlers.
        uint[] handlers = new uint[3];
        _ = Assemble(pitCount, apicCount, handlers);
        return TinyGuest.Image(Assemble(pitCount, apicCount, handlers));
    }

    private static byte[] Assemble(ushort pitCount, uint apicCount, uint[] handlers)
    {
        Assembler a = new(32);
        Label pit = a.CreateLabel();
        Label apic = a.CreateLabel();
        Label rtc = a.CreateLabel();
        Label loop = a.CreateLabel();
        Label awake = a.CreateLabel();

        a.mov(esp, Stack);
        Store(a, Gdt + 8, 0x00CF_9B00_0000_FFFF);
        Store(a, Gdt + 16, 0x00CF_9B00_0000_FFFF); // the selectors that the loader starts with
        Store(a, Gdt + 24, 0x00CF_9300_0000_FFFF);
        a.mov(__word_ptr[Pointers], 0x1F);
        a.mov(__dword_ptr[Pointers + 2], Gdt);
        a.mov(__word_ptr[Pointers + 8], 0x3FF);
        a.mov(__dword_ptr[Pointers + 10], Idt);
        a.lgdt(__[Pointers]);
        a.lidt(__[Pointers + 8]);
        Gate(a, 0x20, handlers[0]);
        Gate(a, 0x28, handlers[2]);
        Gate(a, 0x31, handlers[1]);
        foreach ((byte port, byte value) in new (byte, byte)[]
        {
            (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, 1), (0x21, 0xFA), (0xA1, 0xFE),
            (0x43, 0x34), (0x40, (byte)pitCount), (0x40, (byte)(pitCount >> 8)), (0x70, 0x0A), (0x71, 0x23), (0x70, 0x0B), (0x71, 0x42),
        })
        {
            a.mov(al, value);
            a.@out(port, al);
        }

        a.mov(__dword_ptr[LocalApic + 0x3E0], 0xB);
        a.mov(__dword_ptr[LocalApic + 0x320], 0x2_0031);
        a.mov(__dword_ptr[LocalApic + 0x380], apicCount);
        a.fninit();
        a.fldpi();
        a.cld();
        a.sti();

        a.Label(ref loop);
        a.inc(__dword_ptr[Counters]);
        a.rdtsc();
        a.add(__dword_ptr[Counters + 4], eax);
        a.fld(st0);
        a.fsqrt();
        a.fstp(__tbyte_ptr[Counters + 0x40]);
        a.mov(esi, Gdt);
        a.mov(edi, Counters + 0x100);
        a.mov(ecx, 200);
        a.rep.movsb();
        a.test(__dword_ptr[Counters], 0xF);
        a.jne(awake);
        a.hlt();
        a.Label(ref awake);
        a.jmp(loop);

        Handler(a, ref pit, 8, () =>
        {
            a.mov(al, 0x20);
            a.@out(0x20, al);
        });
        Handler(a, ref apic, 12, () => a.mov(__dword_ptr[LocalApic + 0xB0], 0));
        Handler(a, ref rtc, 16, () =>
        {
            a.mov(al, 0xC);
            a.@out(0x70, al);
            a.@in(al, 0x71);
            a.mov(al, 0x20);
            a.@out(0xA0, al);
            a.@out(0x20, al);
        });
        using MemoryStream code = new();
        AssemblerResult result = a.Assemble(new StreamCodeWriter(code), CodeAt, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Label[] labels = [pit, apic, rtc];
        for (int i = 0; i < labels.Length; i++)
        {
            handlers[i] = (uint)result.GetLabelRIP(labels[i]);
        }

        return code.ToArray();
    }

    private static void Store(Assembler a, uint at, ulong value)
    {
        a.mov(__dword_ptr[at], (uint)value);
        a.mov(__dword_ptr[at + 4], (uint)(value >> 32));
    }

    private static void Gate(Assembler a, uint vector, uint handler) =>
        Store(a, Idt + (vector * 8), (handler & 0xFFFF) | 0x8E00_0008_0000UL | ((ulong)(handler >> 16) << 48));

    private static void Handler(Assembler a, ref Label label, uint counter, Action acknowledge)
    {
        a.Label(ref label);
        a.push(eax);
        a.inc(__dword_ptr[Counters + counter]);
        acknowledge();
        a.pop(eax);
        a.iretd();
    }
}
