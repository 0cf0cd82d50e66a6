// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {LeaseState, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";
import {Merkle} from "../../utils/Merkle.sol";

contract ProvenTest is LeaseFixture {
    bytes32[] private ids;
    Terms[] private terms;
    UsageReceipt[] private receipts;
    bytes32[] private leaves;
    bytes32 private root;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 5; ++i) {
            Terms memory t = _default();
            ids.push(_run(t));
            terms.push(t);
        }
        vm.warp(START + 1000);
        for (uint64 i = 0; i < 5; ++i) {
            receipts.push(_receipt(ids[i], 1, 100 + i));
            leaves.push(manager.leaf(receipts[i]));
        }
        root = Merkle.root(leaves);
    }

    function _post() private {
        vm.prank(operator);
        manager.postRoot(provider, root, "");
    }

    function _proof(uint256 i) private view returns (bytes32[] memory) {
        return Merkle.proof(leaves, i);
    }

    // The root.

    function test_Post_ByOperatorOrProvider() external {
        vm.expectEmit(address(manager));
        emit ILeaseManager.ReceiptRootPosted(provider, root);
        _post();
        vm.assertTrue(manager.isRoot(provider, operator, root), "known");
        vm.prank(provider);
        manager.postRoot(provider, "another", "");
        vm.assertTrue(manager.isRoot(provider, operator, "another"), "the operator key's too");
    }

    function test_Post_ByAnyoneWithASignature() external {
        bytes32 digest = manager.rootHash(provider, root);
        bytes memory wrong = _sign(TENANT_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
        manager.postRoot(provider, root, wrong);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
        manager.postRoot(provider, root, "");
        manager.postRoot(provider, root, _sign(OPERATOR_KEY, digest));
        vm.assertTrue(manager.isRoot(provider, operator, root), "known");
    }

    function test_Post_RevertWhen_NobodyIsRegistered() external {
        bytes32 digest = manager.rootHash(stranger, root);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, address(0)));
        manager.postRoot(stranger, root, new bytes(65)); // recovers to nobody
    }

    // The leaves.

    function test_EachLeafOnce_ByAnyone() external {
        _post();
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(stranger);
            uint96 amount = manager.settleProven(terms[i], receipts[i], root, _proof(i));
            vm.assertEq(amount, (100 + i) * RATE, "amount");
            vm.assertEq(_pending(ids[i]), amount, "waits as ever");
            bytes32[] memory proof = _proof(i);
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, ids[i], 1, 1));
            manager.settleProven(terms[i], receipts[i], root, proof);
        }
    }

    function test_RevertWhen_TheRootIsUnknown() external {
        bytes32[] memory proof = _proof(0);
        bytes memory why = abi.encodeWithSelector(ILeaseManager.RootUnknown.selector, provider, root);
        vm.expectRevert(why);
        manager.settleProven(terms[0], receipts[0], root, proof);
        // Another provider's word does not count here.
        _datacenter(1);
        address other = vm.addr(PROVIDER_KEY + 1);
        vm.prank(other);
        manager.postRoot(other, root, "");
        vm.expectRevert(why);
        manager.settleProven(terms[0], receipts[0], root, proof);
    }

    function test_RevertWhen_TheOperatorKeyChanged() external {
        _post();
        vm.prank(provider);
        registry.update(address(0x77), payout, 7, "https://dc.example", "");
        bytes32[] memory proof = _proof(0);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.RootUnknown.selector, provider, root));
        manager.settleProven(terms[0], receipts[0], root, proof);
        vm.prank(address(0x77));
        manager.postRoot(provider, root, "");
        manager.settleProven(terms[0], receipts[0], root, proof);
    }

    function test_RevertWhen_TheProofIsBad() external {
        _post();
        bytes4 why = ILeaseManager.ProofInvalid.selector;
        bytes32[] memory proof = _proof(1);
        vm.expectRevert(abi.encodeWithSelector(why, leaves[0], root));
        manager.settleProven(terms[0], receipts[0], root, proof);
        vm.expectRevert(abi.encodeWithSelector(why, leaves[0], root));
        manager.settleProven(terms[0], receipts[0], root, new bytes32[](0));
        receipts[0].usage.cpuMilliSeconds += 1;
        proof = _proof(0);
        vm.expectRevert(abi.encodeWithSelector(why, manager.leaf(receipts[0]), root));
        manager.settleProven(terms[0], receipts[0], root, proof);
    }

    function test_RevertWhen_TheLeaseIsNotOpen() external {
        _post();
        _close(tenant, ids[0], terms[0]);
        vm.warp(START + 1001 + NOTICE + SUBMIT);
        _close(tenant, ids[0], terms[0]);
        bytes32[] memory proof = _proof(0);
        _expectState(ids[0], LeaseState.Closed);
        manager.settleProven(terms[0], receipts[0], root, proof);
    }

    function test_ARootOfOne() external {
        vm.prank(operator);
        manager.postRoot(provider, leaves[0], "");
        manager.settleProven(terms[0], receipts[0], leaves[0], new bytes32[](0));
        vm.assertEq(_lease(ids[0]).seq, 1, "settled");
    }

    function test_AFinalLeaf_Closes() external {
        receipts[0].isFinal = true;
        leaves[0] = manager.leaf(receipts[0]);
        root = Merkle.root(leaves);
        _post();
        _close(tenant, ids[0], terms[0]);
        manager.settleProven(terms[0], receipts[0], root, _proof(0));
        _assertState(ids[0], LeaseState.Closed);
    }

    /// @dev A leaf is the hash of 32 bytes, an inner node that of 64: none can pass for the other.
    function test_Leaf() external view {
        bytes32 digest = manager.receiptHash(receipts[0]);
        vm.assertEq(manager.leaf(receipts[0]), keccak256(abi.encodePacked(digest)), "leaf");
    }
}
