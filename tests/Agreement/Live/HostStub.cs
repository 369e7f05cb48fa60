using System;
using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Agreement.Tests.Live;

/// <summary>
/// A static 64-bit Linux executable of about a kilobyte, emitted here, that runs single instructions on the host CPU. It maps the file named by
/// its first argument (layout: <see cref="CaseLayout"/>), and for each number of cases read from standard input runs that many and answers with
/// one word. A case is entered by IRETQ, which loads CS and so chooses 64-bit or compatibility mode, with the trap flag set: it ends in a
/// signal whatever the instruction does, and the handler writes the kernel's record of the registers, the x87/SSE area and the memory window
/// back. REP instructions trap after each iteration and are resumed. A hanging batch is ended by SIGALRM.
/// </summary>
internal static class HostStub
{
    private const int ImageAt = 0x40_0000;
    private const int HeaderLength = 64 + 56;
    private const int Variables = ImageAt + 0x2000;
    private const int CountAt = Variables;
    private const int IndexAt = Variables + 8;
    private const int StepsAt = Variables + 16;
    private const int CurrentAt = Variables + 24;
    private const int StackDescriptor = Variables + 64;
    private const int ActionAt = Variables + 128;
    private const int LocalAt = Variables + 0x400;
    private const int LocalStride = 16;
    private const int StackTop = ImageAt + 0x4000;
    private const int ImageLength = 0x4000;

    // Above all that 32-bit code can reach: a stack pointer that happens to lie in it would make the kernel go on there.
    private const long SignalStack = 0x1234_0000_0000;
    private const int SignalStackLength = 0x4_0000;
    private const int SecondsPerBatch = 10;

    // struct ucontext of x86-64: registers at 40 as r8-r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags, selectors, err, trapno, mask, cr2.
    private const int ContextRegisters = 40;
    private const int ContextFpu = ContextRegisters + CaseLayout.HostRegisters * 8;

    private static readonly int[] Signals = [4, 5, 7, 8, 11];

    /// <summary>The bytes of the executable.</summary>
    internal static byte[] Image()
    {
        Assembler a = new(64);
        Label batch = a.CreateLabel();
        Label fail = a.CreateLabel();
        Label handler = a.CreateLabel();
        EmitSetUp(a, handler, fail);
        a.Label(ref batch);
        EmitRun(a, batch, handler, fail);
        using MemoryStream code = new();
        a.Assemble(new StreamCodeWriter(code), ImageAt + HeaderLength);
        return Wrap(code.ToArray());
    }

    private static void EmitSetUp(Assembler a, Label handler, Label fail)
    {
        a.mov(rdi, __[rsp + 16]);
        Call(a, 2, () => { a.mov(esi, 2); a.xor(edx, edx); });
        a.test(eax, eax);
        a.js(fail);
        a.mov(r8d, eax);
        Map(a, CaseLayout.SharedAt, CaseLayout.SharedLength, 3, 0x11);
        a.mov(r8, -1);
        Map(a, CaseLayout.WindowAt, CaseLayout.WindowLength, 3, 0x32);
        Map(a, CaseLayout.CodeAt, CaseLayout.CodePageLength, 7, 0x32);
        Map(a, SignalStack, SignalStackLength, 3, 0x32);

        a.mov(rax, SignalStack);
        a.mov(__qword_ptr[StackDescriptor], rax);
        a.mov(__qword_ptr[StackDescriptor + 8], 0);
        a.mov(__qword_ptr[StackDescriptor + 16], SignalStackLength);
        Call(a, 131, () => { a.mov(edi, StackDescriptor); a.xor(esi, esi); });

        // SA_SIGINFO, SA_ONSTACK, SA_NODEFER, SA_RESTORER: the handler starts the next case instead of returning.
        a.lea(rax, __[handler]);
        a.mov(__qword_ptr[ActionAt], rax);
        a.mov(__qword_ptr[ActionAt + 8], 0x4C00_0004);
        a.mov(__qword_ptr[ActionAt + 16], rax);
        a.mov(__qword_ptr[ActionAt + 24], 0);
        foreach (int signal in Signals)
        {
            Call(a, 13, () => { a.mov(edi, signal); a.mov(esi, ActionAt); a.xor(edx, edx); a.mov(r10d, 8); });
        }

        // modify_ldt, once for each descriptor; the program holds them as the kernel wants them.
        for (int i = 0; i < LiveDescriptors.Local.Count; i++)
        {
            int at = LocalAt + i * LocalStride;
            Call(a, 154, () => { a.mov(edi, 0x11); a.mov(esi, at); a.mov(edx, LocalStride); });
            a.test(eax, eax);
            a.jne(fail);
        }
    }

    private static void EmitRun(Assembler a, Label batch, Label handler, Label fail)
    {
        Label next = a.CreateLabel();
        Label done = a.CreateLabel();
        Call(a, 0, () => { a.xor(edi, edi); a.mov(esi, CountAt); a.mov(edx, 4); });
        a.cmp(eax, 4);
        a.jne(fail);
        Call(a, 37, () => a.mov(edi, SecondsPerBatch));
        a.mov(__dword_ptr[IndexAt], 0);

        a.Label(ref next);
        a.mov(eax, __dword_ptr[IndexAt]);
        a.cmp(eax, __dword_ptr[CountAt]);
        a.jae(done);
        a.mov(__dword_ptr[CaseLayout.SharedAt + CaseLayout.Running], eax);
        EmitEnter(a);

        a.Label(ref handler);
        EmitLeave(a);
        a.inc(__dword_ptr[IndexAt]);
        a.jmp(next);

        a.Label(ref done);
        Call(a, 1, () => { a.mov(edi, 1); a.mov(esi, CountAt); a.mov(edx, 4); });
        a.jmp(batch);
        a.Label(ref fail);
        Call(a, 60, () => a.mov(edi, 1));
    }

    private static void EmitEnter(Assembler a)
    {
        a.imul(eax, eax, CaseLayout.InputStride);
        a.lea(r14, __[rax + CaseLayout.SharedAt]);
        a.mov(__qword_ptr[CurrentAt], r14);
        a.mov(eax, __dword_ptr[r14 + CaseLayout.Steps]);
        a.mov(__dword_ptr[StepsAt], eax);

        Label fill = a.CreateLabel();
        a.mov(edi, CaseLayout.WindowAt);
        a.mov(edx, CaseLayout.WindowLength / CaseLayout.PatternLength);
        a.Label(ref fill);
        a.lea(rsi, __[r14 + CaseLayout.Pattern]);
        a.mov(ecx, CaseLayout.PatternLength / 8);
        a.rep.movsq();
        a.dec(edx);
        a.jne(fill);

        for (int at = 0; at < 16; at += 8)
        {
            a.mov(rax, __qword_ptr[r14 + CaseLayout.Code + at]);
            a.mov(__qword_ptr[CaseLayout.CodeAt + CaseLayout.CodeOffset + at], rax);
        }

        a.fxrstor(__[r14 + CaseLayout.Fx]);
        a.mov(esp, StackTop);
        a.movzx(eax, __word_ptr[r14 + CaseLayout.Selectors + 4]);
        a.push(rax);
        a.push(__qword_ptr[r14 + CaseLayout.Registers + 4 * 8]);
        a.push(__qword_ptr[r14 + CaseLayout.Flags]);
        a.movzx(eax, __word_ptr[r14 + CaseLayout.Selectors + 2]);
        a.push(rax);
        a.push(__qword_ptr[r14 + CaseLayout.Rip]);
        AssemblerRegisterSegment[] segments = [es, cs, ss, ds, fs, gs];
        foreach (int segment in (int[])[0, 3, 4, 5])
        {
            a.mov(segments[segment], __word_ptr[r14 + CaseLayout.Selectors + segment * 2]);
        }

        AssemblerRegister64[] order = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
        for (int i = 0; i < 16; i++)
        {
            if (i is not (4 or 14))
            {
                a.mov(order[i], __qword_ptr[r14 + CaseLayout.Registers + i * 8]);
            }
        }

        a.mov(r14, __qword_ptr[r14 + CaseLayout.Registers + 14 * 8]);
        a.iretq();
    }

    private static void EmitLeave(Assembler a)
    {
        Label finish = a.CreateLabel();

        // A case may leave alignment checks on, and NT, with which IRETQ faults.
        a.pushfq();
        a.and(__dword_ptr[rsp], unchecked((int)0xFFFB_BFFF));
        a.popfq();
        a.mov(r13, __qword_ptr[CurrentAt]);
        a.cmp(__qword_ptr[rdx + ContextRegisters + CaseLayout.HostTrap * 8], 1);
        a.jne(finish);
        a.mov(rax, __qword_ptr[rdx + ContextRegisters + CaseLayout.HostRip * 8]);
        a.cmp(rax, __qword_ptr[r13 + CaseLayout.Rip]);
        a.jne(finish);
        a.cmp(__dword_ptr[StepsAt], 0);
        a.je(finish);
        a.dec(__dword_ptr[StepsAt]);
        a.mov(rsp, rdx);
        a.mov(eax, 15);
        a.syscall();

        a.Label(ref finish);
        a.imul(eax, __dword_ptr[IndexAt], CaseLayout.OutputStride);
        a.lea(r14, __[rax + CaseLayout.SharedAt + CaseLayout.OutputsAt]);
        a.lea(rsi, __[rdx + ContextRegisters]);
        Copy(a, 0, CaseLayout.HostRegisters);
        AssemblerRegisterSegment[] segments = [es, cs, ss, ds, fs, gs];
        foreach (int segment in (int[])[0, 3, 4, 5])
        {
            a.mov(__word_ptr[r14 + CaseLayout.OutSelectors + segment * 2], segments[segment]);
        }

        a.mov(rsi, __qword_ptr[rdx + ContextFpu]);
        Copy(a, CaseLayout.OutFx, 64);
        a.mov(esi, CaseLayout.WindowAt);
        Copy(a, CaseLayout.OutMemory, CaseLayout.WindowLength / 8);
    }

    private static void Copy(Assembler a, int to, int qwords)
    {
        a.lea(rdi, __[r14 + to]);
        a.mov(ecx, qwords);
        a.rep.movsq();
    }

    private static void Map(Assembler a, long at, int length, int protection, int flags) =>
        Call(a, 9, () => { a.mov(rdi, at); a.mov(esi, length); a.mov(edx, protection); a.mov(r10d, flags); a.xor(r9d, r9d); });

    private static void Call(Assembler a, int number, Action arguments)
    {
        arguments();
        a.mov(eax, number);
        a.syscall();
    }

    // ELF64 with one segment that holds header, code and variables (System V ABI, gABI chapters 4 and 5).
    private static byte[] Wrap(byte[] code)
    {
        using MemoryStream file = new();
        using BinaryWriter w = new(file);
        w.Write([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        w.Write((ushort)2);
        w.Write((ushort)62);
        w.Write(1);
        w.Write((long)(ImageAt + HeaderLength));
        w.Write(64L);
        w.Write(0L);
        w.Write(0);
        w.Write((ushort)64);
        w.Write((ushort)56);
        w.Write((ushort)1);
        w.Write((ushort)64);
        w.Write((ushort)0);
        w.Write((ushort)0);
        w.Write(1);
        w.Write(7);
        w.Write(0L);
        w.Write((long)ImageAt);
        w.Write((long)ImageAt);
        w.Write((long)(LocalAt - ImageAt + LiveDescriptors.Local.Count * LocalStride));
        w.Write((long)ImageLength);
        w.Write(0x1000L);
        w.Write(code);
        file.SetLength(LocalAt - ImageAt);
        file.Position = file.Length;
        for (int i = 0; i < LiveDescriptors.Local.Count; i++)
        {
            LiveDescriptor d = LiveDescriptors.Local[i];
            w.Write(i);
            w.Write(d.Base);
            w.Write(d.RawLimit);
            w.Write(d.UserFlags);
        }

        return file.ToArray();
    }
}
