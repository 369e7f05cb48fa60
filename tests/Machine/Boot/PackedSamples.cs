namespace Doppel.Machine.Tests.Boot;

/// <summary>Small packed files made with xz-utils: machine-like bytes with many CALL and JMP opcodes, and their SHA-256.</summary>
internal static class PackedSamples
{
    public const int CodeBytes = 4344;
    public const string CodeSha256 = "9E295A33F5C27894FF98487B4FD73E200274E64545E204A7662DE067D6047E1F";
    public const int NoiseBytes = 300;
    public const string NoiseSha256 = "00130667C8365F4BE00DD3A80D0F1A4DBF03802B8E128C84D67FED6E7E4CFBB8";

    /// <summary>x86 filter, LZMA2, CRC32: what the kernel's build makes.</summary>
    public const string XzBranch =
        "/Td6WFoAAAFpIt42AgEEACEBHACHbtrl4BD3A/JdAEgVTS5kwk4sXvaUZi//gPwV9N3tNJry1MOLo0kzBBCiCoVrjyL5x9rcp2sEM5PMI7BHOZ3iBdFIuLJk" +
        "WFA1aQ/UkW4lpwDD4vTPSmIQDTq86G5Nhoh0YcqImm4FuGFOTX/UGWsyZV8UuFLmAqaVr/mfApQpyS/aGy/ivz7fwCT41O9pXseoP16eEW02nPXmXmTTGMHO" +
        "/FIcst9rN6fB/b5oOPokiUhwWDKoX3zpuH5QoQGtd3TL5ZS1v+Xx5qavaIbJmz26+FndKlWs6Kky6VwvmNGzzKjpZIUXQ610KjaZA+JYsF8D/zWoJGrPylrG" +
        "2v2Y5bOlQUDlxLS0obH0/Nm0pz7Letqf3ZMAHIJ9pSimIkuWVStAfh1VKEIo2Ued00+q1LRCVpegRoMxnXxFkgpXgFGuJ+Fj5QyLLgBxwX+kSSqM+kiZ8um9" +
        "1tRCCBoXoz3XCgAMgvgp3VqBNNpqqK0LYV1g1h1qbt5wX1UxrdqZ1harZHlQCg9k54aqkbYD0V64yD8Fy9ay2fUu+H61USdyLa21BitbSO/AN/ytfKlVn19T" +
        "1KWMFl7ASNfiP5QxxiJmyG+rO4akdSIfsfCnyBOAoyz9ftkWkA+AZAhiJl2oQ8O1qo8B6Ydogs8kyhe69iTWx+qlbMzlurP/t0S5keJRTzKpgc8BxhtDuIn2" +
        "W4PEBhqLI1lcBQvGliwOhdFp3OOurpq0ljMzwvwgv8C3dFlgJS+zdY/JNZ9gmSt/F4/JUuzHZYEV9QkEP9XiTkmgsIvgI3EHob89G+YQ2SWjDaCoPzquC1+q" +
        "ZmwF6DIMDh7hZeD+9pzahyuN2Q8hO/oA0MgOPrzNMSPG8n0kIhFeTt9HPrwSfYmVQQKMfBw6pYkT2CeWxxbOyvAZlNmfrkf4D7wRAZaEG2y4w4qQwuftxpS4" +
        "ZHY1czZc2hjIsSN21gnzBdEVxxGl5FK4ms23TfcHbUnjtxDwh5kiT5KFd0oXtRHT7FjMF5PrMPsUaRNTi1LQdZOUyLZFWO3V4evFPmOgKMBzmuMcvaXjG3Hd" +
        "Ximp009RkAsjzAaoVvP7PPYqi3csG41yvtKk7Bz9cE1QNoZH0VL3CSnL5id/qF+ScukaArc7sEvoHkNsOwO5xdwrzZeyNi+ks0UlCGKwh9XFa/o/V/U0TGoj" +
        "4QIzq0SQCfKQOHDA+9iMifX+Fk2/SoDJ1XkuoNrQWWwG1h7rWur3WXdYfY9ZswmlCYKvdHrmnPMOUkwK2l2zECoLaXw4sftHI9xG5mhv8KCSHZ0iTEZrpyU2" +
        "BBlSOK2XoGCvIJSwenb08xZsLixkghjs0QPtTTegheCMhQOX57u/HwKNQs+e1/g0iaRBAAAAV5WzPgABigj4IQAAPbpTNj4wDYsCAAAAAAFZWg==";

    /// <summary>x86 filter with start offset 0x1000, SHA-256.</summary>
    public const string XzBranchOffset =
        "/Td6WFoAAArh+wyhAwEEBAAQAAAhARwA1lknAeAQ9wP1XQBIFU0uZMJKtsMfhGRYcZAUNpuyWPGqp42iyv41KWJYQB6AI4oY00UfJGhNjzeEKTtXnXr8hylI" +
        "+G5EJYGU0aqOmWUZLT3PQ4TybHXuVy8yfKd73Pfe7Se9YQmWzUto9FcpLsvx3IAAlSe/k3W060an+tOXrr5jt+WfCd3hiIpi4Ng6WfjZBb7DaMpR+cw3SAT2" +
        "YmzUyi+V0Ls+xhe5jwQVsKP2WXPiQo7CDm6P+d7EtgBIl8YVRfEnOT7wkmym0lvjXde3j2zdX16V897xHAEBi88hgH/PwikdV/nARHdIuCxOTecYouXPf/Sw" +
        "RZ+AdDBekLW1oNSF++wakk40LCKiJ4oPsX57Dx3y9ubvFBZ+SRrXSOHCSllLkzBwAk44XK7RWAijWbGLFxZr1uD7wigtmSIMpyo+GrLwKxeEVBDXTpgyUlmx" +
        "UjzOy14FBFszntHZZp+d3vPugD99wmHxAdp+o83lxc6wYoLYZC7I2r90sZL6cIBLqP+7wUXUfjer2Oym941DO34yZBM52zTyAPTEGpSha7Xj70Fve824yYVS" +
        "f7lFRr5S9btXXNL6PHGmOE4nMLSSoiF4DFp4SHx0Cx+gvnjantHJL3UTxTHd4laSwcuy4d1RKqghDrzzfeOMPcJjT/iKv7krN7ZPd8b6VOEQW5qs2fFlUSnB" +
        "zgI4PQ/MFYYsuYJRmfOcVKQVQwhskEcMcjnCVU/Z/8lW0c+071VicXQCRNI2HUq5XSl48v0gAWvTQNoUF7YJL9e4iyNM4U1tEiR0s0cJoOfzzpA4G+gZj7qJ" +
        "EtOcgaJ0cB3L1qqbl2FRkEuppwQrfukfwJNXWw+CGoO4l2uh1dQdIi65Kss71yyN10sqqLbZ8OUgEh8VljL4BURbD0wxW8rqorrM1bTjinkKdeCpbIFvH5hB" +
        "1u+3j/x9RcnudGFGEFu5quJvY9/MeSkDWDQ3YYOidY7lUQiZTJk6TDiJAiJZQNSRKFHxQUCx8qRzb30Qgj5+43ZMYVKU8KCyKI18xGn2qCmHd5v+wDRIdLUx" +
        "YeBrH4PjFFqUovmjxBX3B29nvjApsLwhtELFquDEZVDtdz56fMb05JxWN8Job2MroN0XbO6S4mqPtVfhC4LdeeS0zbbi0Sh5welqoCUdjnPAY/q37dPwkOPM" +
        "8qwXp57N1HedTs34z32JTbD8QrQu4HEsvbG8tL47G2BGBy34FZEPDbnLF1rLxu2vX6WsuADvDLJfqAKrSiBUzeo4J/ND+kcUNxHQGBirRSDO769YSpwdyWrb" +
        "iqaMyNTA2j0bcoxjZF7kbpXN+2Xt4TMWxgYOxRT2gH+95yYCe3ZlyWbByVe42QdJQCyDk47S6E/UQAAAAACeKVoz9cJ4lP+YSHtP1z4gAnTmRUXiBKdmLeBn" +
        "1gR+HwABrQj4IQAAs4/6LLbp3xwCAAAAAApZWg==";

    /// <summary>Incompressible bytes, LZMA2 alone, CRC64.</summary>
    public const string XzNoise =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQErPuN9lhRFyAb1jHzyEn36iU+SlvzzPAhAmZCslw3ts7hDEgGB6TdhB9va9sXzyGSX7iGbAd2S8Z9JVPT+qU7Z" +
        "GCN1iCsgDarbI8/5GT8+cDhEleBMXV7TUiJtFjfCJI8dPMxEBd0uofr6tL8cRpZNlHCGIHiCkUR4vujHW0MJrisSLj/oesfs9aU3D8QbTdtyOyr7bEfAtXiU" +
        "qrLFwUW3l925Em5cyiAxEhBfZ2QU+vayANrwmdul7uwzYk9RJL/F8E2COI5SkngQ9hCwvKEeC+nxTzymleh6UxFmDHYozbqfXu+5kCLvU3tZahbcigPsH+fS" +
        "VhcRszAkefsv8Rt8Gf7LHhiC0OScGhNjW85gdyugNyxSJm0I4bf52MBDBp3lcjtHn/cshs6gQ0IpAOFLF9M83eTCAAHEAqwCAADMqdU3scRn+wIAAAAABFla";

    /// <summary>The ".lzma" format with an end marker.</summary>
    public const string LzmaAlone =
        "XQAAgAD//////////wBIFU0uZMIlb0OkBF628PxfkrqBXjddweisKEeDlJDvZs1KxK0k1VuTlUkiBlEXQFFJRBaxIwYy5gD4/On8eAnde8wuFVTbPVbvYWgs" +
        "y0zUMeCdnEI5baxQjE5ZUD3brs3Ix5sM+r3+ci4mzjUFqxmkKmLVMop3kriLreilGPiHIlWZm5MvbxdPaWw2Qp+WKJyBBbxd3+lsw2ldN6QHV/FCjhk2+gc2" +
        "ZuPi9/ZqTk54n+YQQBvb1t/xOcL+EL3d30RAaNHpFgv4YSUptseojdetadjHpno2t9IlGBjjpjDrgsL244q40L4bvmOyp6IrOT1dd0nq2mOLbYx+avL8IIzR" +
        "thf/ggqQAOYwhIUEXlS58izPcmj7dntyCQxGc3iNh/jVaVy7d2FF/8dSdSq+M354PHh2Hs+yCiBOyQ3CqRtmLiT+VbTeyvUC1qfqMwfvTyMDFeXiGVXB/NWn" +
        "ooiNgnWrGBRxCZWkvIBoNZTTx/t/e5sT738fG4Ig018d0LBCe+NHtobG3UCIZUqmnQ8eyDq3CD53nYQJzVYBTU48RbT7KALEHsGt7wmTktcrcPhauvlk1Eq5" +
        "yRbPskrsVrtMpSU6QPhRFtAdq7BJ1QowKwyNXc7D0DP0H5Vb6pI2TOx8LsCkGwdmA+qlB88udNC3aT8xcf7lUO7jD3bQemYzI8umxMwfM4Mcr8BUtmyPo0tQ" +
        "c9c3OL3KiPwLVtPhRZLUese+sfKB5A6nX04AUXv2awwG4J/NoS1MdI9aQ6KP43RAmPfgh0WIs9ch3l0/jKK8AHttqUsxV6+QvQm7Il4NR5Uu4BP7/PpZiCkb" +
        "ReZR75WhyKIsydbLmppK3SdSwBJ4B2wGasBO606SHcMF7X2GpQ7IrnRH+RChxKpVMsiguckGFBf440JSIfF2Lqsp/DOGJk+QHK7/8XUJEuUBpaZwnYI/02Dw" +
        "AEjfd+xlWHkDyr5XUOMTu42yPpgWyveAkVfsDbOGrn9mztqBRJJcWqA5fyZ/VAf/CreGJQ1PBhF9EottRrB0jNVDhiFK0YOP+NMWXj6g277QEmrv/q6MgbJ9" +
        "pY4YBDST1Tw2mykwN4BB4+90hZ+ZR9fL+uCvmhCoOaPZOPAu2VhmGaRcTmyEFryF7/6qaCIk0Xa+7uVp6IbCacXGPBVFfEOnDi4UJZ5iEwQxa6KGOB84bjFZ" +
        "XaqckqLfOhx5eOhOJl3cGNaI2ZpMUBNg6DjskHibtIh2M8acJ05rDlU6KbMI/LWVysoMF8YrjEVU5Ml+/bXXFwxudylyeHwrlC7k34ipB2icPKbuBsm++eqO" +
        "/MpxEDZ0xfiJL+pcR3VKTXarr0XofANuM+6x2YJNnqHrQwXDiUDWQJf+8oma8qu1vxNfA0xORH/LfG1ep3nA3N40Dq92CGbOx7oNAF1BZrT1gHVWYtG9A6X1" +
        "kcuJky+BDscHk6Av/aOD/6ydDpw=";
}
