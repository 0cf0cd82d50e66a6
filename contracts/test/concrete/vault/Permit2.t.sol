// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {Funding} from "../../utils/Funding.sol";
import {FeeToken} from "../../utils/HostileTokens.sol";
import {TestPermit2} from "../../utils/TestPermit2.sol";
import {Wallet} from "../../utils/Wallet.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract Permit2Test is VaultFixture {
    function setUp() public override {
        super.setUp();
        _bobHas(100);
    }

    function _deposit(bytes memory funding) private {
        vm.prank(bob);
        vault.depositFunded(address(token), bob, 60, funding);
    }

    function _refused(Funding.Permit2Order memory o, bytes memory why) private {
        bytes memory funding = Funding.permit2(BOB_KEY, o);
        vm.expectRevert(why);
        _deposit(funding);
    }

    function _expectInvalid() private {
        vm.expectRevert(abi.encodeWithSelector(IVault.FundingInvalid.selector, bytes1(0x02)));
    }

    function test_RevertWhen_ChainHasNone() external {
        bytes memory funding = Funding.permit2(BOB_KEY, _order(60, _for(bob)));
        vault = _newVault(address(0));
        _allow(address(token));
        _expectInvalid();
        _deposit(funding);
    }

    function test_RevertWhen_TooShort() external {
        _expectInvalid();
        _deposit(hex"02");
        _expectInvalid();
        _deposit(bytes.concat(hex"02", new bytes(159)));
    }

    function test_RevertWhen_ForAnotherPurpose() external {
        _refused(_order(60, _for(alice)), abi.encodeWithSelector(TestPermit2.InvalidSigner.selector));
        // A broker holds a signature for one Request and uses it for another.
        bytes memory funding = Funding.permit2(BOB_KEY, _order(60, PURPOSE));
        vm.expectRevert(TestPermit2.InvalidSigner.selector);
        vm.prank(manager);
        vault.lock(address(token), bob, 60, keccak256("another"), funding);
    }

    function test_RevertWhen_ForAnotherTokenSpenderOrChain() external {
        Funding.Permit2Order memory o = _order(60, _for(bob));
        o.token = address(0x70);
        _refused(o, abi.encodeWithSelector(TestPermit2.InvalidSigner.selector));
        o.token = address(token);
        o.vault = alice;
        _refused(o, abi.encodeWithSelector(TestPermit2.InvalidSigner.selector));
        o.vault = address(vault);
        bytes memory funding = Funding.permit2(BOB_KEY, o);
        vm.chainId(5);
        vm.expectRevert(TestPermit2.InvalidSigner.selector);
        _deposit(funding);
    }

    function test_RevertWhen_SomebodyElses() external {
        bytes memory funding = Funding.permit2(ALICE_KEY, _order(60, _for(bob)));
        vm.expectRevert(TestPermit2.InvalidSigner.selector);
        _deposit(funding);
        funding = Funding.permit2(_order(60, _for(bob)), new bytes(65));
        vm.expectRevert(TestPermit2.InvalidSignature.selector);
        _deposit(funding);
        funding = Funding.permit2(_order(60, _for(bob)), "");
        vm.expectRevert(TestPermit2.InvalidSignatureLength.selector);
        _deposit(funding);
    }

    function test_RevertWhen_Expired() external {
        Funding.Permit2Order memory o = _order(60, _for(bob));
        --o.deadline;
        _refused(o, abi.encodeWithSelector(TestPermit2.SignatureExpired.selector, o.deadline));
    }

    function test_RevertWhen_LessIsPermitted() external {
        _refused(_order(59, _for(bob)), abi.encodeWithSelector(TestPermit2.InvalidAmount.selector, 59));
    }

    function test_RevertWhen_UsedAlready() external {
        _deposit(Funding.permit2(BOB_KEY, _order(60, _for(bob))));
        token.mint(bob, 100);
        _refused(_order(60, _for(bob)), abi.encodeWithSelector(TestPermit2.InvalidNonce.selector));
    }

    function test_RevertWhen_TokenTakesFee() external {
        FeeToken fee = new FeeToken();
        _allow(address(fee));
        fee.mint(bob, 1000);
        vm.prank(bob);
        fee.approve(address(permit2), 1000);
        Funding.Permit2Order memory o = _order(1000, _for(bob));
        o.token = address(fee);
        bytes memory funding = Funding.permit2(BOB_KEY, o);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(fee), 1000, 990));
        vm.prank(bob);
        vault.depositFunded(address(fee), bob, 1000, funding);
    }

    function test_Pulls_WithCompactSignature() external {
        Funding.Permit2Order memory o = _order(60, _for(bob));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, Funding.digest(o));
        bytes32 vs = bytes32(uint256(s) | (uint256(v) - 27) << 255);
        _deposit(Funding.permit2(o, abi.encodePacked(r, vs)));
        vm.assertEq(_balance(bob), 60, "inside");
    }

    function test_Pulls_FromContract() external {
        Wallet wallet = new Wallet(bob);
        token.mint(address(wallet), 60);
        // forge-lint: disable-next-line(unchecked-call) a function of the wallet, which reverts itself
        wallet.call(address(token), abi.encodeCall(token.approve, (address(permit2), 60)));
        bytes memory bad = Funding.permit2(ALICE_KEY, _order(60, PURPOSE));
        vm.expectRevert(TestPermit2.InvalidContractSignature.selector);
        vm.prank(manager);
        vault.lock(address(token), address(wallet), 60, PURPOSE, bad);

        bytes memory funding = Funding.permit2(BOB_KEY, _order(60, PURPOSE));
        vm.prank(manager);
        vault.lock(address(token), address(wallet), 60, PURPOSE, funding);
        vm.assertEq(_locked(manager), 60, "locked");
    }

    function test_Pulls_WhatIsMissing() external {
        _deposit(Funding.permit2(BOB_KEY, _order(60, _for(bob))));
        vm.assertEq(_balance(bob), 60, "inside");

        Funding.Permit2Order memory o = _order(100, PURPOSE);
        o.nonce = 8;
        bytes memory funding = Funding.permit2(BOB_KEY, o);
        vm.expectEmit(address(vault));
        emit IVault.Deposited(address(token), bob, bob, 30);
        vm.prank(manager);
        vault.lock(address(token), bob, 90, PURPOSE, funding);
        vm.assertEq(token.balanceOf(bob), 10, "outside");
        vm.assertEq(_locked(manager), 90, "locked");
    }

    /// @dev The type that wallets show and sign, rebuilt from the whole string.
    function test_WitnessTypeIsWhatWalletsSign() external view {
        string memory types =
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Funding witness)Funding(bytes32 purpose)TokenPermissions(address token,uint256 amount)";
        Funding.Permit2Order memory o = _order(60, PURPOSE);
        bytes32 message = vm.eip712HashStruct(
            types, abi.encode(o.token, o.permitted, o.vault, o.nonce, o.deadline, o.purpose)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", permit2.DOMAIN_SEPARATOR(), message));
        vm.assertEq(Funding.digest(o), digest, "digest");
    }
}
