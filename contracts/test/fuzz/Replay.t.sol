// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {Amendment, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {LeaseFixture} from "../utils/LeaseFixture.sol";

/// @dev Invariant 8: what is signed is good once, for its lease, manager and chain, and only as it was signed.
contract ReplayFuzz is LeaseFixture {
    function testFuzz_08_AReceiptIsGoodOnce(uint32 seq, uint64 seconds_) external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        UsageReceipt memory receipt =
            _receipt(id, uint32(bound(seq, 1, type(uint32).max)), uint64(bound(seconds_, 0, 1 << 40)));
        bytes memory signature = _agree(OPERATOR_KEY, receipt);
        manager.settle(terms, receipt, signature, "");
        bytes memory why = abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, receipt.seq, receipt.seq);
        vm.expectRevert(why);
        manager.settle(terms, receipt, signature, "");
    }

    function testFuzz_08_NotAcrossChainsOrManagers(uint64 chain) external {
        (bytes32 id, Terms memory terms) = _active();
        UsageReceipt memory receipt = _receipt(id, 1, 0);
        bytes memory signature = _agree(OPERATOR_KEY, receipt);
        uint256 other = bound(chain, 1, type(uint64).max - 1);
        uint256 home = block.chainid;
        vm.assume(other != home);
        vm.chainId(other);
        bytes32 digest = manager.receiptHash(receipt);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
        manager.settle(terms, receipt, signature, "");
        vm.chainId(home);

        ILeaseManager first = manager;
        setUp();
        (receipt.leaseId, terms) = _active();
        digest = manager.receiptHash(receipt);
        vm.assertFalse(first.receiptHash(receipt) == digest, "digest of another manager");
        signature = _sign(OPERATOR_KEY, first.receiptHash(receipt));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
        manager.settle(terms, receipt, signature, "");
    }

    function testFuzz_08_NotAsSomethingElse(uint256 field, uint256 bit) external {
        (bytes32 id, Terms memory terms) = _active();
        bytes32 other = _run(terms);
        vm.warp(START + 1000);
        UsageReceipt memory receipt = _receipt(id, 8, 100);
        (receipt.through, receipt.downSeconds) = (START + 500, 1 << 31);
        bytes memory byProvider = _agree(OPERATOR_KEY, receipt);
        bytes memory byTenant = _agree(TENANT_KEY, receipt);
        field %= 7;
        if (field == 0) receipt.leaseId = other;
        if (field == 1) receipt.seq ^= uint32(16 << bit % 4);
        if (field == 2) receipt.through -= uint40(1 + bit % 400);
        if (field == 3) receipt.usage.gpuMilliSecondsA ^= uint64(1 << bit % 64);
        if (field == 4) receipt.evidenceRoot ^= bytes32(1 << bit % 256);
        if (field == 5) receipt.isFinal = true;
        if (field == 6) receipt.downSeconds ^= uint32(1 << bit % 32);
        bytes32 digest = manager.receiptHash(receipt);
        bytes4 why = ILeaseManager.SignatureInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(why, digest, operator));
        manager.settle(terms, receipt, byProvider, "");
        vm.expectRevert(abi.encodeWithSelector(why, digest, tenant));
        vm.prank(operator);
        manager.settle(terms, receipt, "", byTenant);
    }

    /// @dev An amendment is good once, and only for what was signed.
    function testFuzz_08_AnAmendmentIsGoodOnce(uint256 field, uint96 price) external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        Terms memory changed = _copy(terms);
        changed.prices.cpu = uint96(bound(price, 0, 1e12));
        Amendment memory a = _amendment(id, terms, changed, 1, 100);
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        manager.amend(terms, changed, a, x, y);
        vm.expectRevert();
        manager.amend(terms, changed, a, x, y);
        vm.expectRevert();
        manager.amend(changed, changed, a, x, y);
        // With one field set right, the signatures are of something else.
        a = _amendment(id, changed, terms, 2, 100);
        digest = manager.amendmentHash(a);
        (x, y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        field %= 4;
        if (field == 0) a.usage.egressKiB += 1;
        if (field == 1) a.expiresAt += 1;
        if (field == 2) a.downSeconds += 1;
        if (field == 3) a.seq += 1;
        digest = manager.amendmentHash(a);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
        manager.amend(changed, terms, a, x, y);
    }
}
