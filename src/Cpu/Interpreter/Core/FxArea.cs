using System;
using System.Runtime.InteropServices;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>
/// x87, MMX and SSE state in native memory that never moves, so that emitted host instructions can work on it: the FXSAVE image (512 bytes, 64-bit
/// layout), then scratch space for operands.
/// </summary>
internal sealed unsafe class FxArea : IDisposable
{
    /// <summary>Whole size in bytes.</summary>
    internal const int LengthBytes = 4096;

    // SAFETY: owned by this object, 64-byte aligned, freed in Dispose or by the finaliser only.
    private byte* _base = (byte*)NativeMemory.AlignedAlloc(LengthBytes, 64);

    internal FxArea() => new Span<byte>(_base, LengthBytes).Clear();

    ~FxArea() => Dispose();

    /// <summary>The FXSAVE image at offset 0; scratch from 512.</summary>
    internal byte* Base => _base;

    /// <summary>The 512 bytes of the image.</summary>
    internal Span<byte> Image => new(_base, 512);

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_base != null)
        {
            NativeMemory.AlignedFree(_base);
            _base = null;
        }
    }
}
