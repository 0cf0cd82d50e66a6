// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {Wallet} from "../../utils/Wallet.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

contract AttestTest is RegistryFixture {
    uint256 private constant AUDITOR_KEY = 0xAD;
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    string private constant TYPE =
        "Attestation(address provider,uint256 bits,uint40 issuedAt,uint40 expiresAt,bytes32 evidenceHash)";

    address private auditor = vm.addr(AUDITOR_KEY);

    function _word() private view returns (IDatacenterRegistry.Attestation memory) {
        return IDatacenterRegistry.Attestation(provider, 6, START - 10, START + 10, keccak256("report"));
    }

    function _sign(uint256 key, IDatacenterRegistry.Attestation memory a) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, registry.attestationHash(a));
        return abi.encodePacked(r, s, v);
    }

    function _put(IDatacenterRegistry.Attestation memory a) private {
        registry.attest(auditor, a, _sign(AUDITOR_KEY, a));
    }

    function _refused(address who, IDatacenterRegistry.Attestation memory a, bytes memory signature) private {
        bytes4 why = IDatacenterRegistry.SignatureInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(why, registry.attestationHash(a), who));
        registry.attest(who, a, signature);
    }

    function test_RevertWhen_Expired() external {
        IDatacenterRegistry.Attestation memory a = _word();
        a.expiresAt = START;
        bytes memory signature = _sign(AUDITOR_KEY, a);
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.AttestationExpired.selector, START));
        registry.attest(auditor, a, signature);
    }

    function test_RevertWhen_FromFuture() external {
        IDatacenterRegistry.Attestation memory a = _word();
        a.issuedAt = START + 1;
        bytes memory signature = _sign(AUDITOR_KEY, a);
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.AttestationFromFuture.selector, START + 1));
        registry.attest(auditor, a, signature);
    }

    function test_RevertWhen_OneAsNewIsOnRecord() external {
        IDatacenterRegistry.Attestation memory a = _word();
        _put(a);
        bytes memory signature = _sign(AUDITOR_KEY, a);
        bytes4 why = IDatacenterRegistry.AttestationStale.selector;
        vm.expectRevert(abi.encodeWithSelector(why, auditor, provider, a.issuedAt, a.issuedAt));
        registry.attest(auditor, a, signature);
    }

    function test_RevertWhen_SignatureIsInvalid() external {
        IDatacenterRegistry.Attestation memory a = _word();
        _refused(auditor, a, "");
        _refused(auditor, a, _sign(0xBAD, a));
        _refused(auditor, a, new bytes(65));
        _refused(address(0), a, "");
        _refused(address(0), a, new bytes(65));
        IDatacenterRegistry.Attestation memory less = _word();
        less.bits = 2;
        _refused(auditor, a, _sign(AUDITOR_KEY, less));
    }

    function test_RevertWhen_SignatureIsMalleable() external {
        IDatacenterRegistry.Attestation memory a = _word();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(AUDITOR_KEY, registry.attestationHash(a));
        _refused(auditor, a, abi.encodePacked(r, CURVE_ORDER - uint256(s), v == 27 ? uint8(28) : 27));
    }

    function test_RevertWhen_OfAnotherChainOrRegistry() external {
        IDatacenterRegistry.Attestation memory a = _word();
        bytes memory signature = _sign(AUDITOR_KEY, a);
        vm.chainId(5);
        _refused(auditor, a, signature);
        vm.chainId(31337);
        bytes memory arguments = abi.encode(vault, leaseManager, UNBONDING);
        registry =
            IDatacenterRegistry(vm.deployCode("DatacenterRegistry.sol:DatacenterRegistry", arguments));
        _refused(auditor, a, signature);
    }

    function test_Writes() external {
        IDatacenterRegistry.Attestation memory a = _word();
        bytes memory signature = _sign(AUDITOR_KEY, a);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.Attested(auditor, provider, 6, START + 10, keccak256("report"));
        registry.attest(auditor, a, signature);
        IDatacenterRegistry.Attestation memory got = registry.attestation(auditor, provider);
        vm.assertEq(keccak256(abi.encode(got)), keccak256(abi.encode(a)), "stored");
        vm.assertEq(registry.attested(auditor, provider), 6, "bits");
        vm.assertEq(registry.attested(bob, provider), 0, "another auditor");
        vm.assertEq(registry.attested(auditor, bob), 0, "another provider");
        vm.warp(START + 9);
        vm.assertEq(registry.attested(auditor, provider), 6, "last second");
        vm.warp(START + 10);
        vm.assertEq(registry.attested(auditor, provider), 0, "expired");
    }

    function test_Replaces() external {
        _put(_word());
        IDatacenterRegistry.Attestation memory a = _word();
        (a.bits, a.issuedAt) = (1, START);
        _put(a);
        vm.assertEq(registry.attested(auditor, provider), 1, "bits");
    }

    function test_AuditorItselfNeedsNoSignature() external {
        vm.prank(auditor);
        registry.attest(auditor, _word(), "");
        vm.assertEq(registry.attested(auditor, provider), 6, "bits");
    }

    function test_ContractAuditorIsAsked() external {
        Wallet wallet = new Wallet(auditor);
        IDatacenterRegistry.Attestation memory a = _word();
        _refused(address(wallet), a, _sign(0xBAD, a));
        registry.attest(address(wallet), a, _sign(AUDITOR_KEY, a));
        vm.assertEq(registry.attested(address(wallet), provider), 6, "bits");
    }

    function test_Revoke_NothingSignedBeforeComesBack() external {
        _put(_word());
        IDatacenterRegistry.Attestation memory a = _word();
        a.issuedAt = START;
        bytes memory signature = _sign(AUDITOR_KEY, a);

        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.AttestationRevoked(auditor, provider);
        vm.prank(auditor);
        registry.revokeAttestation(provider);
        vm.assertEq(registry.attested(auditor, provider), 0, "bits");

        bytes4 why = IDatacenterRegistry.AttestationStale.selector;
        vm.expectRevert(abi.encodeWithSelector(why, auditor, provider, START, START));
        registry.attest(auditor, a, signature);
        vm.warp(START + 1);
        a.issuedAt = START + 1;
        _put(a);
        vm.assertEq(registry.attested(auditor, provider), 6, "a new word");
    }

    function test_HashIsWhatWalletsSign() external view {
        IDatacenterRegistry.Attestation memory a = _word();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Federation"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 message = vm.eip712HashStruct(TYPE, abi.encode(a));
        vm.assertEq(registry.attestationHash(a), keccak256(abi.encodePacked(hex"1901", domain, message)), "digest");
    }
}
