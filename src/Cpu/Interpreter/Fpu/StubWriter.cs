using System.Collections.Generic;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Writes a stub: the guest's x87, MMX or SSE instruction, re-encoded for the host with fixed registers, between loads and stores of what it
/// needs. A stub is a leaf function of the System V calling convention that leaves the host's x87 state empty and the control bits of its MXCSR at
/// their default, which is what managed code has.
/// </summary>
/// <remarks>
/// The sticky flags of MXCSR are nobody's on the host (the calling convention gives them to the callee), so the guest's stay there: a change of any
/// bit costs some 50 ns, and with guest and host equal there is none.
/// </remarks>
internal static class StubWriter
{
    // stmxcsr [rsp-16]; mov eax, [rsp-16]; cmp eax, [rdi+24]; je +4; ldmxcsr [rdi+24]
    private static readonly byte[] LoadGuestMxcsr = [0x0F, 0xAE, 0x5C, 0x24, 0xF0, 0x8B, 0x44, 0x24, 0xF0, 0x3B, 0x47, 0x18, 0x74, 0x04, 0x0F, 0xAE, 0x57, 0x18];

    // stmxcsr [rdi+24]; mov eax, [rdi+24]; and eax, 0FFC0h; cmp eax, 1F80h; je +7; ldmxcsr [rip+1]; ret; 1F80h
    private static readonly byte[] LeaveGuestMxcsr =
    [
        0x0F, 0xAE, 0x5F, 0x18, 0x8B, 0x47, 0x18, 0x25, 0xC0, 0xFF, 0, 0, 0x3D, 0x80, 0x1F, 0, 0, 0x74, 0x07,
        0x0F, 0xAE, 0x15, 0x01, 0, 0, 0, 0xC3, 0x80, 0x1F, 0, 0,
    ];

    private static readonly byte[] LoadX87 = [0x48, 0x0F, 0xAE, 0x0F];                          // fxrstor64 [rdi]
    private static readonly byte[] StoreX87 = [0x48, 0x0F, 0xAE, 0x07, 0xDB, 0xE3];             // fxsave64 [rdi]; fninit
    private static readonly byte[] LoadXmm = [0x0F, 0x28, 0x06];                                // movaps xmm0, [rsi]
    private static readonly byte[] StoreXmm = [0x0F, 0x29, 0x06];                               // movaps [rsi], xmm0
    private static readonly byte[] LoadSourceXmm = [0x0F, 0x28, 0x0A];                          // movaps xmm1, [rdx]
    private static readonly byte[] LoadXmm1 = [0x0F, 0x28, 0x0E];                               // movaps xmm1, [rsi]
    private static readonly byte[] StoreXmm1 = [0x0F, 0x29, 0x0E];                              // movaps [rsi], xmm1
    private static readonly byte[] LoadGuestXmm0 = [0x0F, 0x28, 0x87, 0xA0, 0, 0, 0];           // movaps xmm0, [rdi+160]
    private static readonly byte[] StoreGuestXmm0 = [0x0F, 0x29, 0x87, 0xA0, 0, 0, 0];          // movaps [rdi+160], xmm0
    private static readonly byte[] LoadMm = [0x0F, 0x6F, 0x06];                                 // movq mm0, [rsi]
    private static readonly byte[] StoreMm = [0x0F, 0x7F, 0x06];                                // movq [rsi], mm0
    private static readonly byte[] LoadSourceMm = [0x0F, 0x6F, 0x0A];                           // movq mm1, [rdx]
    private static readonly byte[] Emms = [0x0F, 0x77];
    private static readonly byte[] StoreRax = [0x48, 0x89, 0x87, 0, 2, 0, 0];                   // mov [rdi+512], rax
    private static readonly byte[] LoadFlags = [0xFF, 0xB7, 0, 2, 0, 0, 0x9D];                  // push [rdi+512]; popfq
    private static readonly byte[] StoreFlags = [0x9C, 0x8F, 0x87, 0, 2, 0, 0];                 // pushfq; pop [rdi+512]

    // mov rax, [rdi+512]; mov r8, rdx; mov rdx, [rdi+520]
    private static readonly byte[] LoadText = [0x48, 0x8B, 0x87, 0, 2, 0, 0, 0x49, 0x89, 0xD0, 0x48, 0x8B, 0x97, 8, 2, 0, 0];
    private static readonly byte[] StoreCount = [0x48, 0x89, 0x8F, 8, 2, 0, 0];                 // mov [rdi+520], rcx

    internal static byte[] Write(in Instruction guest, StubParts parts)
    {
        List<byte> code = new(96);
        bool mxcsr = (parts & StubParts.Mxcsr) != 0;
        bool x87 = (parts & StubParts.X87) != 0;
        bool blend = (parts & (StubParts.Blend | StubParts.Text)) != 0;
        Add(code, x87, LoadX87);
        Add(code, mxcsr, LoadGuestMxcsr);
        Add(code, (parts & StubParts.LoadXmm) != 0, LoadXmm);
        Add(code, (parts & StubParts.LoadMm) != 0, LoadMm);
        Add(code, (parts & StubParts.SourceXmm) != 0, LoadSourceXmm);
        Add(code, (parts & StubParts.SourceMm) != 0, LoadSourceMm);
        Add(code, blend, LoadXmm1);
        Add(code, blend, LoadGuestXmm0);
        Add(code, (parts & StubParts.Text) != 0, LoadText);
        Add(code, (parts & StubParts.FlagsIn) != 0, LoadFlags);
        Encode(code, guest, parts);
        Add(code, (parts & StubParts.FlagsOut) != 0, StoreFlags);
        Add(code, (parts & StubParts.ResultRax) != 0, StoreRax);
        Add(code, (parts & StubParts.StoreXmm) != 0, StoreXmm);
        Add(code, (parts & StubParts.StoreMm) != 0, StoreMm);
        Add(code, (parts & StubParts.Blend) != 0, StoreXmm1);
        Add(code, (parts & StubParts.Text) != 0, StoreGuestXmm0);
        Add(code, (parts & StubParts.Text) != 0, StoreCount);
        Add(code, x87, StoreX87);
        Add(code, (parts & (StubParts.LoadMm | StubParts.StoreMm | StubParts.SourceMm)) != 0, Emms);
        if (mxcsr || x87)
        {
            code.AddRange(LeaveGuestMxcsr);
        }
        else
        {
            code.Add(0xC3);
        }

        return [.. code];
    }

    private static void Add(List<byte> code, bool wanted, byte[] bytes)
    {
        if (wanted)
        {
            code.AddRange(bytes);
        }
    }

    private static void Encode(List<byte> code, in Instruction guest, StubParts parts)
    {
        Instruction host = guest;
        host.CodeSize = CodeSize.Code64;
        host.SegmentPrefix = Register.None;
        host.HasRepPrefix = false;
        host.HasRepnePrefix = false;
        host.HasLockPrefix = false;
        if ((parts & StubParts.X87) == 0)
        {
            FixRegisters(ref host, parts);
        }

        for (int i = 0; i < host.OpCount; i++)
        {
            if (host.GetOpKind(i) == OpKind.Memory)
            {
                host.MemoryBase = (parts & StubParts.Text) != 0 ? Register.R8 : Register.RDX;
                host.MemoryIndex = Register.None;
                host.MemoryIndexScale = 1;
                host.MemoryDisplacement64 = 0;
                host.MemoryDisplSize = 0;
            }
        }

        Encoder encoder = Encoder.Create(64, new ListWriter(code));
        _ = encoder.Encode(host, 0);
    }

    private static void FixRegisters(ref Instruction host, StubParts parts)
    {
        if ((parts & StubParts.ResultRax) != 0)
        {
            host.Op0Register = host.Op0Register.IsGPR64() ? Register.RAX : Register.EAX;
        }
        else if ((parts & (StubParts.Blend | StubParts.Text)) != 0)
        {
            host.Op0Register = Register.XMM1;
        }
        else
        {
            host.Op0Register = (parts & (StubParts.LoadMm | StubParts.StoreMm)) != 0 ? Register.MM0 : Register.XMM0;
        }

        if (host.OpCount < 2 || host.Op1Kind is not (OpKind.Register or OpKind.Memory))
        {
            return;
        }

        if ((parts & (StubParts.SourceXmm | StubParts.SourceMm)) != 0)
        {
            host.Op1Register = (parts & StubParts.SourceMm) != 0 ? Register.MM1 : Register.XMM1;
        }
        else
        {
            host.Op1Kind = OpKind.Memory;
        }
    }

    internal sealed class ListWriter(List<byte> code) : CodeWriter
    {
        public override void WriteByte(byte value) => code.Add(value);
    }
}
